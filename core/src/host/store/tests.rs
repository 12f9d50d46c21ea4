use alloc::format;
use core::mem;
use core::time::Duration;
use std::os::fd::AsRawFd as _;
use std::{env, process};

use super::*;

struct Folder(PathBuf);

impl Folder {
    fn new(name: &str) -> Self {
        let folder = env::temp_dir().join(format!("pvefw-store-{name}-{}", process::id()));
        drop(fs::remove_dir_all(&folder));
        Self(folder)
    }
}

impl Drop for Folder {
    fn drop(&mut self) {
        drop(fs::remove_dir_all(&self.0));
    }
}

const TEXTS: Texts<'static> =
    Texts { ipset: "create PVEFW-x\n", iptables: "*raw\nCOMMIT\n", ip6tables: "", ebtables: "" };

fn state(id: u64) -> State {
    State { id, digest: format!("d{id}"), ..State::default() }
}

#[test]
fn the_lock_is_one_at_a_time_and_says_whose_it_is() {
    let folder = Folder::new("lock");
    let store = Store::new(&folder.0);
    assert_eq!(store.holder(), None);
    let guard = store.lock("pvefw apply", Duration::ZERO).unwrap();
    let Err(Error::Busy { holder }) = store.lock("pvefw stop", Duration::ZERO) else { panic!("two at once") };
    assert!(holder.contains(&format!("process {}, `pvefw apply`, for ", process::id())), "{holder}");
    assert!(store.holder().is_some());
    drop(guard);
    assert_eq!(store.holder(), None);
    store.lock("pvefw stop", Duration::ZERO).unwrap();
}

#[test]
fn tools_of_a_killed_process_keep_the_lock() {
    let folder = Folder::new("orphan");
    let store = Store::new(&folder.0);
    let guard = store.lock("pvefw apply", Duration::ZERO).unwrap();
    let mut tool = process::Command::new("sleep").arg("60").spawn().unwrap();
    // As the kernel does it for whoever is killed: closed, and not unlocked.
    nix::unistd::close(guard.file.as_raw_fd()).unwrap();
    mem::forget(guard);
    // There is no process of this number.
    fs::write(folder.0.join("lock"), "0\nprocess 4194305, `pvefw apply`\n").unwrap();
    let Err(Error::Busy { holder }) = store.lock("pvefw apply", Duration::ZERO) else {
        panic!("two at once")
    };
    assert!(holder.starts_with("a tool that has survived process 4194305, `pvefw apply`"), "{holder}");
    tool.kill().unwrap();
    tool.wait().unwrap();
    // Tools that other tests have started meanwhile have it for as long as they run.
    store.lock("pvefw apply", Duration::from_mins(1)).unwrap();
}

#[test]
fn who_else_changes_rules_is_waited_for() {
    let folder = Folder::new("others");
    fs::create_dir_all(&folder.0).unwrap();
    let shared = folder.0.join("others.lck");
    let store = Store { shared: Some(shared.clone()), ..Store::new(folder.0.join("state")) };
    let others = fs::File::create(&shared).unwrap();
    others.lock().unwrap();
    let Err(Error::Busy { holder }) = store.lock("pvefw apply", Duration::ZERO) else {
        panic!("two at once")
    };
    assert!(holder.contains("others.lck"), "{holder}");
    assert_eq!(store.holder(), None, "what was not to be had is not kept");
    drop(others);
    let guard = store.lock("pvefw apply", Duration::ZERO).unwrap();
    assert!(fs::File::open(&shared).unwrap().try_lock().is_err(), "it is ours");
    drop(guard);
    fs::File::open(&shared).unwrap().try_lock().unwrap();
    let nowhere = Store { shared: Some(folder.0.join("nowhere/others.lck")), ..store };
    nowhere.lock("pvefw apply", Duration::ZERO).unwrap();
}

#[test]
fn the_usual_state_goes_with_the_lock_of_pve_firewall() {
    assert_eq!(Store::new(USUAL).shared.as_deref(), Some(Path::new(OTHERS)));
    assert_eq!(Store::new("/var/lib/pvefw-2").shared, None);
}

#[test]
fn states_are_kept_ten_long_and_share_what_is_the_same() {
    use std::os::unix::fs::MetadataExt as _;
    let folder = Folder::new("states");
    let store = Store::new(&folder.0);
    let _guard = store.lock("test", Duration::ZERO).unwrap();
    for id in 1..=13 {
        assert_eq!(store.next(), id);
        store.store(&state(id), &TEXTS, &[], "", id.checked_sub(1)).unwrap().finish().unwrap();
        store.prune(&[2]).unwrap();
    }
    let kept: Vec<u64> = store.states().iter().map(|state| state.id).collect();
    assert_eq!(kept, [2, 4, 5, 6, 7, 8, 9, 10, 11, 12, 13]);
    assert_eq!(store.texts(13).unwrap().ipset, TEXTS.ipset);
    assert!(store.texts(1).is_err());
    let inode = |id: u64| fs::metadata(store.state_folder(id).join("ipset")).unwrap().ino();
    assert_eq!(inode(12), inode(13));
    store.forget(13).unwrap();
    assert_eq!(store.state(13), None);
}

#[test]
fn what_is_not_finished_is_not_there() {
    let folder = Folder::new("unfinished");
    let store = Store::new(&folder.0);
    let _guard = store.lock("test", Duration::ZERO).unwrap();
    fs::create_dir(folder.0.join("states/.new-7")).unwrap();
    fs::write(folder.0.join(".new-record.json"), "{\"cur").unwrap();
    fs::write(folder.0.join(RECORD), "{\"cur").unwrap();
    assert_eq!((store.record(), store.next()), (None, 1));
    let record = Record { current: Some(1), digest: "d".into(), ..Record::default() };
    store.set_record(&record).unwrap();
    store.prune(&[]).unwrap();
    assert_eq!(store.record(), Some(record));
    let mut names: Vec<_> =
        fs::read_dir(&folder.0).unwrap().map(|entry| entry.unwrap().file_name()).collect();
    names.sort();
    assert_eq!(names, ["lock", RECORD, STATES]);
    store.set_pending(Some(&Pending::default())).unwrap();
    store.set_pending(None).unwrap();
    store.set_pending(None).unwrap();
    assert_eq!(store.pending(), None);
}

#[test]
fn a_folder_that_cannot_be_is_named() {
    let store = Store::new("/proc/nowhere/pvefw");
    let error = store.lock("test", Duration::ZERO).unwrap_err();
    assert_eq!(error.to_string(), "can't make the folder `/proc/nowhere/pvefw`");
}
