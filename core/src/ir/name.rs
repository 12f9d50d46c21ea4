//! Names with the kernel's length limits, stored in place: no allocation, cheap to copy.

use core::fmt;

/// Why a text is not a name.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum NameError {
    /// No characters at all.
    Empty,
    /// More bytes than the kernel takes.
    TooLong {
        /// The most bytes allowed.
        limit: usize,
    },
    /// A character that the tools would read as something else (blank, quote, control character, not ASCII).
    Character,
}

impl fmt::Display for NameError {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        match self {
            Self::Empty => f.write_str("the name is empty"),
            Self::TooLong { limit } => write!(f, "the name is longer than {limit} characters"),
            Self::Character => f.write_str("the name has a character that is not allowed"),
        }
    }
}

impl core::error::Error for NameError {}

#[derive(Clone, Copy, PartialEq, Eq, PartialOrd, Ord, Hash)]
struct Inline<const N: usize> {
    // INVARIANT: printable ASCII, padded with NUL, so that byte order of the array is string order.
    bytes: [u8; N],
    len: u8,
}

impl<const N: usize> Inline<N> {
    /// The name that the parts make, one behind the other.
    fn joined(parts: &[&str]) -> Result<Self, NameError> {
        let allowed = |byte: &u8| byte.is_ascii_graphic() && !matches!(byte, b'"' | b'\'' | b'\\');
        if !parts.iter().all(|part| part.as_bytes().iter().all(allowed)) {
            return Err(NameError::Character);
        }
        let mut bytes = [0; N];
        let mut len = 0;
        for part in parts {
            let end = len + part.len();
            let place = bytes.get_mut(len..end).ok_or(NameError::TooLong { limit: N })?;
            place.copy_from_slice(part.as_bytes());
            len = end;
        }
        match u8::try_from(len) {
            Ok(0) => Err(NameError::Empty),
            Ok(len) => Ok(Self { bytes, len }),
            Err(_) => Err(NameError::TooLong { limit: N }),
        }
    }

    /// A name written in the source.
    #[expect(
        clippy::indexing_slicing,
        reason = "evaluated by the compiler, which refuses a name that is too long"
    )]
    const fn literal(text: &'static str) -> Self {
        let text = text.as_bytes();
        let mut bytes = [0; N];
        let mut len = 0;
        while (len as usize) < text.len() {
            bytes[len as usize] = text[len as usize];
            len += 1;
        }
        Self { bytes, len }
    }

    fn as_bytes(&self) -> &[u8] {
        self.bytes.get(..usize::from(self.len)).unwrap_or_default()
    }

    fn as_str(&self) -> &str {
        core::str::from_utf8(self.as_bytes()).unwrap_or_default()
    }
}

macro_rules! names {
    ($($(#[$doc:meta])+ $name:ident: $limit:literal;)+) => {$(
        $(#[$doc])+
        #[derive(Clone, Copy, PartialEq, Eq, PartialOrd, Ord, Hash)]
        pub struct $name(Inline<$limit>);

        impl $name {
            /// The most bytes of such a name.
            pub const LIMIT: usize = $limit;

            /// Checks length and characters.
            ///
            /// # Errors
            /// [`NameError`] when the kernel or its tools would not take the name.
            pub fn new(text: &str) -> Result<Self, NameError> {
                Self::joined(&[text])
            }

            /// The name that the parts make, one behind the other.
            pub(crate) fn joined(parts: &[&str]) -> Result<Self, NameError> {
                Inline::joined(parts).map(Self)
            }

            /// A name written in the source; for constants.
            pub(crate) const fn literal(text: &'static str) -> Self {
                Self(Inline::literal(text))
            }

            /// The name as text.
            pub fn as_str(&self) -> &str {
                self.0.as_str()
            }

            /// The name as bytes, which are ASCII; to write it, this is faster than as text.
            pub(crate) fn as_bytes(&self) -> &[u8] {
                self.0.as_bytes()
            }
        }

        impl fmt::Display for $name {
            fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
                f.pad(self.as_str())
            }
        }

        impl fmt::Debug for $name {
            fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
                fmt::Debug::fmt(self.as_str(), f)
            }
        }
    )+};
}

names! {
    /// Name of a chain: at most 28 bytes (the kernel's `XT_EXTENSION_MAXNAMELEN` less the final NUL).
    ChainName: 28;
    /// Kernel name of an address set: at most 31 bytes (`IPSET_MAXNAMELEN` less the final NUL).
    SetName: 31;
    /// Name of a network interface: at most 15 bytes (`IFNAMSIZ` less the final NUL).
    InterfaceName: 15;
}

impl InterfaceName {
    /// Whether it begins with another name.
    pub(crate) fn starts_with(&self, beginning: Self) -> bool {
        let Self(Inline { bytes, len }) = beginning;
        let len = usize::from(len);
        usize::from(self.0.len) >= len && self.0.bytes.get(..len) == bytes.get(..len)
    }
}

impl SetName {
    /// `PVEFW-` and a number in upper-case hexadecimal, for names that are too long.
    pub(crate) fn numbered(number: u32) -> Self {
        let Self(mut name) = Self::literal("PVEFW-");
        for digit in alloc::format!("{number:X}").bytes() {
            if let Some(byte) = name.bytes.get_mut(usize::from(name.len)) {
                *byte = digit;
                name.len += 1;
            }
        }
        Self(name)
    }
}

/// An interface, or all whose names begin alike (`fwln+`).
#[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord, Hash)]
pub struct InterfacePattern {
    /// The name or its beginning.
    pub name: InterfaceName,
    /// Whether longer names match too.
    pub prefix: bool,
}

impl InterfacePattern {
    /// Exactly this interface.
    pub const fn exact(name: InterfaceName) -> Self {
        Self { name, prefix: false }
    }

    /// Every interface whose name begins so.
    pub const fn prefix(name: InterfaceName) -> Self {
        Self { name, prefix: true }
    }

    /// Whether the pattern covers `interface`.
    pub fn covers(&self, interface: &str) -> bool {
        if self.prefix { interface.starts_with(self.name.as_str()) } else { interface == self.name.as_str() }
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn lengths_characters_and_order() {
        assert_eq!(ChainName::new(""), Err(NameError::Empty));
        assert!(ChainName::new("GROUP-abcdefghijklmnopqr-OUT").is_ok());
        assert_eq!(ChainName::new("GROUP-abcdefghijklmnopqrs-OUT"), Err(NameError::TooLong { limit: 28 }));
        assert_eq!(InterfaceName::new("a b"), Err(NameError::Character));
        assert_eq!(InterfaceName::new("ä"), Err(NameError::Character));
        let mut names =
            ["tap10i0-IN", "tap100i0-IN", "tap10i0-OUT", "PVEFW-Drop"].map(|n| ChainName::new(n).unwrap());
        names.sort();
        let texts = names.map(|name| alloc::string::ToString::to_string(&name));
        assert_eq!(texts, ["PVEFW-Drop", "tap100i0-IN", "tap10i0-IN", "tap10i0-OUT"]);
    }

    #[test]
    fn patterns_cover_prefixes() {
        let fwln = InterfacePattern::prefix(InterfaceName::new("fwln").unwrap());
        assert!(fwln.covers("fwln100i0") && !fwln.covers("tap100i0"));
        assert!(!InterfacePattern::exact(fwln.name).covers("fwln100i0"));
    }
}
