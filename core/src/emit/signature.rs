//! Digests of chains, by which pve-firewall knows what is loaded (spec 04 section 12).

use alloc::string::String;

use base64ct::{Base64Unpadded, Encoding};
use sha1::{Digest, Sha1};

/// The signature of a chain whose lines, one behind the other without separators, are `lines`: SHA-1 in base64 without
/// padding, 27 characters. (SHA-1 identifies here; nothing relies on it being hard to forge.)
pub fn signature<'l>(lines: impl IntoIterator<Item = &'l str>) -> String {
    let mut digest = Sha1::new();
    for line in lines {
        digest.update(line.as_bytes());
    }
    Base64Unpadded::encode_string(&digest.finalize())
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
