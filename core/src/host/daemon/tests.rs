//! Runs on a node that is played.

use alloc::format;
use core::time::Duration;

use super::report::Loaded;
use super::*;
use crate::host::apply::played::{Harm, Played};
use crate::host::apply::tests::{Folder, PLAIN, target};
use crate::host::apply::{Applier, Target};
use crate::host::confirm;
use crate::host::machine::Host as _;
use crate::host::rules::Rules;
use crate::host::store::{Guard, Pending, Store};

struct Node {
    _folder: Folder,
    host: Played,
    store: Store,
}

impl Node {
    fn new(name: &str) -> Self {
        let folder = Folder::new(&format!("daemon-{name}"));
        let store = Store::new(&folder.0);
        Self { _folder: folder, host: Played::default(), store }
    }

    const fn applier(&self) -> Applier<'_, Played> {
        Applier { host: &self.host, store: &self.store }
    }

    fn lock(&self) -> Guard {
        self.store.lock("test", Duration::ZERO).unwrap()
    }

    fn run(&self, configuration: Configuration, target: Option<Target>, cause: Cause) -> Report {
        cycle::run(&self.applier(), &self.lock(), Wish { configuration, target, cause })
    }

    fn good(&self, port: u16, cause: Cause) -> Report {
        self.run(Configuration::Good, Some(target(port)), cause)
    }
}

#[test]
fn what_is_good_is_loaded_and_then_left_alone() {
    let node = Node::new("good");
    let report = node.good(1, Cause::Start);
    assert_eq!((report.result, report.state, report.drift), (Result::Loaded, Some(1), false));
    assert_eq!((report.loaded, report.loaded_known), (Loaded::of(&target(1).rules), true));
    assert_eq!(node.host.rules(), target(1).rules);
    assert_eq!(report.generation, node.host.generation());
    let calls = node.host.calls();
    let report = node.good(1, Cause::Files);
    assert_eq!((report.result, report.state), (Result::Unchanged, Some(1)));
    assert_eq!(node.host.calls(), calls, "no tool is started where nothing has changed");
    assert_eq!(node.good(2, Cause::Files).result, Result::Loaded);
    assert_eq!(node.host.rules(), target(2).rules);
}

#[test]
fn the_last_good_rules_stay() {
    let node = Node::new("last");
    node.good(1, Cause::Start);
    for (configuration, wanted) in [(Configuration::Faulty, Some(target(2))), (Configuration::Gone, None)] {
        let report = node.run(configuration, wanted, Cause::Files);
        assert_eq!((report.result, report.configuration), (Result::Unchanged, configuration));
        assert_eq!((node.host.rules(), report.state), (target(1).rules, Some(1)));
    }
    // Also where somebody removes them meanwhile.
    node.host.change(|rules| *rules = Rules::default());
    let report = node.run(Configuration::Faulty, Some(target(2)), Cause::Rules);
    assert_eq!((report.result, report.drift), (Result::Loaded, true));
    assert_eq!(node.host.rules(), target(1).rules);
    assert_eq!(node.good(2, Cause::Files).result, Result::Loaded);
    assert_eq!(node.host.rules(), target(2).rules);
}

#[test]
fn a_node_without_rules_gets_what_is_not_faulty() {
    let node = Node::new("first");
    let report = node.run(Configuration::Gone, None, Cause::Start);
    assert_eq!((report.result, report.loaded_known), (Result::Unchanged, false));
    assert!(node.host.rules().is_empty());
    let report = node.run(Configuration::Faulty, Some(target(2)), Cause::Start);
    assert_eq!((report.result, report.configuration), (Result::Loaded, Configuration::Partial));
    assert_eq!(node.host.rules(), target(2).rules);
}

#[test]
fn rules_of_somebody_else_are_better_than_faulty_ones() {
    let node = Node::new("others");
    node.host.change(|rules| *rules = target(3).rules);
    let report = node.run(Configuration::Faulty, Some(target(2)), Cause::Start);
    assert_eq!((report.result, report.loaded_known), (Result::Unchanged, false));
    assert_eq!(report.message, "what is loaded stays as it is");
    assert_eq!(node.host.rules(), target(3).rules);
}

#[test]
fn what_somebody_changes_is_repaired() {
    let node = Node::new("drift");
    node.good(1, Cause::Start);
    for cause in [Cause::Rules, Cause::Audit] {
        node.host.change(|rules| rules.v4.filter.hooks.clear());
        let report = node.good(1, cause);
        assert_eq!((report.result, report.drift), (Result::Loaded, true), "{cause:?}");
        assert_eq!(node.host.rules(), target(1).rules, "{cause:?}");
    }
    // A change behind the look is not vouched for.
    let seen = node.good(1, Cause::Audit).generation;
    assert_eq!(seen, node.host.generation());
    node.host.change(|rules| rules.v4.filter.hooks.clear());
    assert_eq!(node.good(1, Cause::Files).generation, seen);
    assert_ne!(seen, node.host.generation());
}

#[test]
fn what_waits_to_be_confirmed_is_left_alone() {
    let node = Node::new("waits");
    node.good(1, Cause::Start);
    let pending = |boot| Pending {
        state: Some(1),
        back_to: None,
        until: Duration::from_mins(1),
        deadline: 60,
        boot,
        watchdog: 0,
    };
    node.store.set_pending(Some(&pending(node.host.clock().boot))).unwrap();
    let report = node.good(2, Cause::Files);
    assert_eq!((report.result, report.message.as_str()), (Result::Waits, "state 1 waits to be confirmed"));
    assert_eq!(node.host.rules(), target(1).rules);
    // What waited when the machine was started anew waits no more.
    node.store.set_pending(Some(&pending("another".into()))).unwrap();
    assert_eq!(node.good(2, Cause::Files).result, Result::Loaded);
}

#[test]
fn what_was_taken_back_is_not_loaded_again_until_it_changes() {
    let node = Node::new("rejected");
    node.good(1, Cause::Start);
    node.good(2, Cause::Files);
    let lock = node.lock();
    confirm::go_back(&node.applier(), &lock, Some(1), &PLAIN).unwrap();
    drop(lock);
    let report = node.good(2, Cause::Audit);
    assert_eq!((report.result, report.configuration), (Result::Unchanged, Configuration::Rejected));
    assert_eq!(node.host.rules(), target(1).rules);
    assert_eq!(node.good(3, Cause::Files).configuration, Configuration::Good);
    assert_eq!(node.host.rules(), target(3).rules);
}

#[test]
fn a_call_that_fails_is_made_good_and_a_run_that_dies_by_the_next() {
    for harm in [Harm::Fail, Harm::Die] {
        let mut met = 0;
        for at in 0.. {
            let node = Node::new("fails");
            node.good(1, Cause::Start);
            node.host.harm(Some((at, harm)));
            let report = node.good(2, Cause::Files);
            if node.host.calls() <= at {
                break;
            }
            met += 1;
            if harm == Harm::Fail {
                assert_eq!(report.result, Result::Loaded, "{at}: {}", report.message);
                assert_eq!(node.host.rules(), target(2).rules, "{at}");
                continue;
            }
            assert!(matches!(report.result, Result::Failed | Result::Broken), "{at}: {report:?}");
            node.host.harm(None);
            assert_eq!(node.good(2, Cause::Retry).result, Result::Loaded, "{at}");
            assert_eq!(node.host.rules(), target(2).rules, "{at}");
        }
        assert!(met > 3, "{harm:?}: {met}");
    }
}

#[test]
fn the_end_leaves_nothing() {
    let node = Node::new("end");
    node.good(1, Cause::Start);
    let remove = || cycle::remove(&node.applier(), &node.lock()).result;
    assert_eq!((remove(), node.host.rules().is_empty()), (Result::Loaded, true));
    assert_eq!(remove(), Result::Unchanged);
}
