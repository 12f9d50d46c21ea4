//! Netlink messages and their attributes, as bytes.
//!
//! A datagram holds messages, a message a header of its family and attributes, an attribute bytes or more attributes.
//! Headers are in the byte order of the machine; what is inside, mostly in network order. Whatever does not fit into
//! what is around it ends the row: it and what follows are not seen.

pub(crate) mod bytes;

use alloc::vec::Vec;

use bytes::array;

/// Length of the header of a message.
const HEADER: usize = 16;

/// Messages and attributes start at multiples of this.
const ALIGN: usize = 4;

/// Kind of a message that says how a request went.
pub const ERROR: u16 = 2;
/// Kind of a message that ends a row of several.
pub const DONE: u16 = 3;

/// Flag of a request.
pub const REQUEST: u16 = 1;
/// Flag of a request that wants an answer.
pub const ACKNOWLEDGE: u16 = 4;

/// One message.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct Message<'a> {
    /// What it is; the numbers belong to the protocol of the socket.
    pub kind: u16,
    /// Number of the request that it answers.
    pub sequence: u32,
    /// What follows its header.
    pub payload: &'a [u8],
}

impl Message<'_> {
    /// The number of the system's error in an answer, 0 for success; `None` for messages of other kinds.
    pub fn error(&self) -> Option<i32> {
        if self.kind != ERROR {
            return None;
        }
        array(self.payload, 0).map(i32::from_ne_bytes).map(i32::saturating_neg)
    }
}

/// The messages of a datagram.
#[derive(Clone, Debug)]
pub struct Messages<'a>(&'a [u8]);

impl<'a> Messages<'a> {
    /// Takes a datagram apart.
    pub const fn new(datagram: &'a [u8]) -> Self {
        Self(datagram)
    }
}

impl<'a> Iterator for Messages<'a> {
    type Item = Message<'a>;

    fn next(&mut self) -> Option<Message<'a>> {
        let length = usize::try_from(array(self.0, 0).map(u32::from_ne_bytes)?).ok()?;
        let message = Message {
            kind: array(self.0, 4).map(u16::from_ne_bytes)?,
            sequence: array(self.0, 8).map(u32::from_ne_bytes)?,
            payload: self.0.get(HEADER..length)?,
        };
        self.0 = behind(self.0, length);
        Some(message)
    }
}

/// One attribute.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct Attribute<'a> {
    /// What it is; the numbers belong to what it is part of.
    pub kind: u16,
    /// Its value.
    pub value: &'a [u8],
}

/// The attributes in some bytes.
#[derive(Clone, Debug)]
pub struct Attributes<'a>(&'a [u8]);

impl<'a> Attributes<'a> {
    /// The flags "nested" and "network order", which are not part of the number.
    const FLAGS: u16 = 0xc000;

    /// Takes the value of a message behind the header of its family, or that of an attribute, apart.
    pub const fn new(bytes: &'a [u8]) -> Self {
        Self(bytes)
    }

    /// The value of the last attribute of a kind.
    pub fn find(&self, kind: u16) -> Option<&'a [u8]> {
        self.clone().filter(|attribute| attribute.kind == kind).last().map(|attribute| attribute.value)
    }
}

impl<'a> Iterator for Attributes<'a> {
    type Item = Attribute<'a>;

    fn next(&mut self) -> Option<Attribute<'a>> {
        let length = usize::from(array(self.0, 0).map(u16::from_ne_bytes)?);
        let attribute = Attribute {
            kind: array(self.0, 2).map(u16::from_ne_bytes)? & !Self::FLAGS,
            value: self.0.get(4..length)?,
        };
        self.0 = behind(self.0, length);
        Some(attribute)
    }
}

/// What follows the first `length` bytes and their padding.
fn behind(bytes: &[u8], length: usize) -> &[u8] {
    bytes.get(length.next_multiple_of(ALIGN)..).unwrap_or_default()
}

/// A request to a subsystem of netfilter: header, the header of the family, and attributes with their values.
///
/// `resource` is the number of what is asked for, such as an NFLOG group. Attributes that don't fit into a message,
/// which none of ours comes near, are left out.
pub fn request(kind: u16, sequence: u32, family: u8, resource: u16, attributes: &[(u16, &[u8])]) -> Vec<u8> {
    let [high, low] = resource.to_be_bytes();
    let mut payload = alloc::vec![family, 0, high, low];
    for (kind, value) in attributes {
        attribute(&mut payload, *kind, value);
    }
    message(kind, REQUEST | ACKNOWLEDGE, sequence, &payload)
}

/// Puts an attribute and its padding behind a payload, unless it is longer than attributes can be.
pub fn attribute(payload: &mut Vec<u8>, kind: u16, value: &[u8]) {
    let Ok(length) = u16::try_from(value.len() + 4) else { return };
    payload.extend_from_slice(&length.to_ne_bytes());
    payload.extend_from_slice(&kind.to_ne_bytes());
    payload.extend_from_slice(value);
    payload.resize(payload.len().next_multiple_of(ALIGN), 0);
}

/// A message with its header.
pub fn message(kind: u16, flags: u16, sequence: u32, payload: &[u8]) -> Vec<u8> {
    let length = u32::try_from(HEADER + payload.len()).unwrap_or(u32::MAX);
    let mut message = Vec::with_capacity(HEADER + payload.len());
    message.extend_from_slice(&length.to_ne_bytes());
    message.extend_from_slice(&kind.to_ne_bytes());
    message.extend_from_slice(&flags.to_ne_bytes());
    message.extend_from_slice(&sequence.to_ne_bytes());
    message.extend_from_slice(&[0; 4]);
    message.extend_from_slice(payload);
    message
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn what_is_written_is_read() {
        let mut datagram = request(0x0401, 7, 2, 513, &[(1, &[9]), (2, &[1, 2, 3, 4]), (3, &[])]);
        datagram.extend(message(DONE, 0, 8, &[]));
        let messages: Vec<Message> = Messages::new(&datagram).collect();
        let [first, last] = messages.as_slice() else { panic!("{messages:?}") };
        assert_eq!((first.kind, first.sequence, first.error()), (0x0401, 7, None));
        assert_eq!(first.payload.get(..4), Some([2, 0, 2, 1].as_slice()));
        let attributes = Attributes::new(&first.payload[4..]);
        assert_eq!(attributes.clone().map(|attribute| attribute.kind).collect::<Vec<_>>(), [1, 2, 3]);
        assert_eq!(attributes.find(2), Some([1, 2, 3, 4].as_slice()));
        assert_eq!((attributes.find(3), attributes.find(4)), (Some([].as_slice()), None));
        assert_eq!((last.kind, last.payload), (DONE, [].as_slice()));
    }

    #[test]
    fn what_does_not_fit_ends_the_row() {
        let whole = request(1, 2, 3, 4, &[(1, &[9, 9, 9])]);
        for length in 0..whole.len() {
            assert_eq!(Messages::new(&whole[..length]).count(), 0, "{length}");
        }
        // Lengths below that of the header must not go round in circles.
        for length in 0..4_u16 {
            let [low, high] = length.to_ne_bytes();
            assert_eq!(Attributes::new(&[low, high, 1, 0, 0, 0, 0, 0]).count(), 0);
            assert_eq!(Messages::new(&[low, high, 0, 0, 1, 0, 0, 0, 0, 0, 0, 0, 0, 0, 0, 0, 0]).count(), 0);
        }
    }

    #[test]
    fn answers_tell_the_error() {
        let answer = |code: i32| message(ERROR, 0, 1, &code.to_ne_bytes());
        let errors = [0, -1, -16, i32::MIN].map(|code| Messages::new(&answer(code)).next().unwrap().error());
        assert_eq!(errors, [Some(0), Some(1), Some(16), Some(i32::MAX)]);
    }
}
