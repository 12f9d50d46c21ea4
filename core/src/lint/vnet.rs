//! VNet files, which this backend does not use.

use crate::config::File;
use crate::diag::{Diagnostic, Sink, codes};
use crate::text::Span;

pub(crate) fn check(file: &File, text: &[u8], sink: &mut Sink) {
    let first = text.split(|byte| *byte == b'\n').next().unwrap_or_default().trim_ascii_end();
    let end = u32::try_from(first.len()).unwrap_or(u32::MAX);
    sink.push(
        Diagnostic::new(
            codes::NO_EFFECT,
            Span::new(file.id, 0, end),
            "the rules of VNets have no effect here",
        )
        .label("this file is checked, but not used")
        .note("this backend (iptables) has no rules for VNets; the nftables backend of Proxmox VE has"),
    );
}
