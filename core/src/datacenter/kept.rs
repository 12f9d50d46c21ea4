//! Files that need not be read again, for callers who ask after every keystroke.

use alloc::borrow::Cow;
use alloc::vec::Vec;

use super::Datacenter;
use crate::config::lower::{Change, lower, lower_again};
use crate::config::{File, Level};
use crate::diag::Sink;
use crate::facts::{Facts, Names};
use crate::text::{ByFile, FileId};

/// What was read of files, and what was wrong with it.
#[derive(Clone, Debug, Default)]
pub(super) struct Kept(ByFile<Read>);

#[derive(Clone, Debug)]
struct Read {
    file: File,
    found: Sink,
    /// Lines that have changed since then.
    change: Option<Change>,
}

impl Kept {
    /// A file is no longer there.
    pub(super) fn forget(&mut self, id: FileId) {
        self.0.remove(id);
    }

    /// A file gets another text.
    pub(super) fn change(&mut self, id: FileId, old: &[u8], new: &[u8]) {
        let Some(read) = self.0.get_mut(id) else { return };
        // Of two changes, what lies between them would have to be known, too.
        read.change = Change::between(old, new).filter(|_| read.change.is_none());
        if read.change.is_none() {
            self.0.remove(id);
        }
    }

    /// What a file says, if it was read since it has changed.
    fn get(&self, id: FileId) -> Option<&Read> {
        self.0.get(id).filter(|read| read.change.is_none())
    }
}

impl Datacenter {
    /// Reads the firewall files that have changed, and keeps what was read until they change again. Only what facts say
    /// about names (`services`, `protocols`, `ethertypes`) counts here: with others, call
    /// [`Datacenter::forget_read`] first.
    pub fn keep_read(&mut self, facts: &Facts) {
        let names = Names::new(facts);
        let changed: Vec<_> = self.firewall_files().filter(|(id, _)| self.kept.get(*id).is_none()).collect();
        for (id, level) in changed {
            if let Some(Read { file, found, change }) = self.kept.0.get_mut(id)
                && let Some(change) = change.take()
                && lower_again(file, found, self.files.text(id), change, &names)
            {
                continue;
            }
            let mut found = Sink::new();
            let file = lower(id, self.used_text(id), level, &names, &mut found);
            self.kept.0.remove(id);
            self.kept.0.get_or_insert_with(id, || Read { file, found, change: None });
        }
    }

    /// Keeps nothing of what was read.
    pub fn forget_read(&mut self) {
        self.kept = Kept::default();
    }

    /// What a file says, read now unless it was kept; what is wrong with it is reported either way.
    pub(super) fn lowered(
        &self,
        id: FileId,
        level: Level,
        names: &Names<'_>,
        sink: &mut Sink,
    ) -> Cow<'_, File> {
        match self.kept.get(id) {
            Some(Read { file, found, .. }) => {
                sink.append(found.clone());
                Cow::Borrowed(file)
            }
            None => Cow::Owned(lower(id, self.used_text(id), level, names, sink)),
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn what_is_kept_changes_no_answer() {
        let mut datacenter = Datacenter::new();
        datacenter.add("firewall/cluster.fw", "[OPTIONS]\nenable: 1\nx\n[ALIASES]\nshop 10.0.0.1\n");
        datacenter.add("firewall/100.fw", "[OPTIONS]\nenable: 1\n[RULES]\nIN HTPS(ACCEPT) -source shop\n");
        datacenter
            .add("nodes/n1/qemu-server/100.conf", "net0: virtio=BC:24:11:00:00:01,bridge=vmbr0,firewall=1\n");
        let facts = Facts::default();
        let texts = [
            ("firewall/100.fw", "[RULES]\nIN ACCEPT -source shop\n"),
            ("firewall/cluster.fw", "[OPTIONS]\n"),
        ];
        for (path, text) in texts.into_iter().chain([("nodes/n1/host.fw", "[RULES]\nIN\n")]) {
            datacenter.keep_read(&facts);
            datacenter.add(path, text);
            for _ in 0..2 {
                let plain = {
                    let mut plain = datacenter.clone();
                    plain.forget_read();
                    plain
                };
                assert_eq!(datacenter.check(&facts).into_sorted(), plain.check(&facts).into_sorted());
                assert_eq!(datacenter.compile(&facts).0, plain.compile(&facts).0);
                datacenter.keep_read(&facts);
            }
        }
        assert!(datacenter.remove("firewall/100.fw"));
        datacenter.keep_read(&facts);
        assert!(datacenter.check(&facts).into_sorted().iter().all(|found| found.span.file != FileId(1)));
    }
}
