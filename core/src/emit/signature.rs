//! Digests of chains, by which pve-firewall knows what is loaded (spec 04 section 12).

use alloc::string::String;

use base64ct::{Base64Unpadded, Encoding};
use sha1::{Digest, Sha1};

/// The signature of a chain whose lines, one behind the other without separators, are `lines`: SHA-1 in base64 without
/// padding, 27 characters. (SHA-1 identifies here; nothing relies on it being hard to forge.)
pub fn signature<'l>(lines: impl IntoIterator<Item = &'l str>) -> String {
    let mut signature = Signature::new();
    lines.into_iter().for_each(|line| signature.add(line.as_bytes()));
    String::from(signature.finish(&mut [0; Signature::LENGTH]))
}

/// A signature in the making.
pub(super) struct Signature(Sha1);

impl Signature {
    /// Characters of a finished one: 20 bytes in base64.
    pub(super) const LENGTH: usize = 27;

    pub(super) fn new() -> Self {
        Self(Sha1::new())
    }

    pub(super) fn add(&mut self, lines: &[u8]) {
        self.0.update(lines);
    }

    /// The signature, written to `text`.
    pub(super) fn finish(self, text: &mut [u8; Self::LENGTH]) -> &str {
        // The length is right: 27 characters hold 20 bytes.
        Base64Unpadded::encode(&self.0.finalize(), text).unwrap_or_default()
    }
}

#[cfg(test)]
mod tests {
    use super::signature;

    #[test]
    fn agrees_with_the_specification() {
        assert_eq!(signature([]), "2jmj7l5rSw0yVb/vlWAYkK/YBwk");
        assert_eq!(signature(["-A PVEFW-INPUT -j PVEFW-HOST-IN"]), "+5iMmLaxKXynOB/+5xibfx7WhFk");
    }
}
