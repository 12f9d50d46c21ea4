//! Numbers as decimal text, made in place: rules and names hold them by the hundred thousand.

/// The digits of a number.
#[derive(Clone, Copy)]
pub(crate) struct Decimal {
    // INVARIANT: ASCII digits, the first `length` of them those of the number.
    digits: [u8; Self::MOST],
    length: usize,
}

impl Decimal {
    /// Digits of the largest number.
    pub(crate) const MOST: usize = 10;

    pub(crate) fn new(mut number: u32) -> Self {
        let mut digits = [b'0'; Self::MOST];
        let length = number.checked_ilog10().map_or(1, |places| places as usize + 1);
        for digit in digits.get_mut(..length).unwrap_or_default().iter_mut().rev() {
            let [lowest, ..] = (number % 10).to_le_bytes();
            *digit = b'0' | lowest;
            number /= 10;
        }
        Self { digits, length }
    }

    pub(crate) fn as_bytes(&self) -> &[u8] {
        self.digits.get(..self.length).unwrap_or_default()
    }

    /// The digits as they are stored, and how many of them count.
    #[inline]
    pub(crate) const fn padded(&self) -> (&[u8; Self::MOST], usize) {
        (&self.digits, self.length)
    }

    pub(crate) fn as_str(&self) -> &str {
        core::str::from_utf8(self.as_bytes()).unwrap_or_default()
    }
}

#[cfg(test)]
mod tests {
    use alloc::string::ToString;

    use super::Decimal;

    #[test]
    fn digits_of_all_lengths() {
        for number in [0, 9, 10, 99, 100, 65_535, 1_000_000_000, u32::MAX] {
            assert_eq!(Decimal::new(number).as_str(), number.to_string());
        }
    }
}
