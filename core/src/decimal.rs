//! Numbers as decimal text, made in place: rules and names hold them by the hundred thousand.

/// The digits of a number.
#[derive(Clone, Copy)]
pub(crate) struct Decimal {
    // INVARIANT: ASCII digits from `start` on.
    digits: [u8; Self::MOST],
    start: usize,
}

impl Decimal {
    /// Digits of the largest number.
    const MOST: usize = 10;

    pub(crate) fn new(mut number: u32) -> Self {
        let mut decimal = Self { digits: [b'0'; Self::MOST], start: Self::MOST };
        for digit in decimal.digits.iter_mut().rev() {
            *digit = b'0' + u8::try_from(number % 10).unwrap_or(0);
            decimal.start -= 1;
            number /= 10;
            if number == 0 {
                break;
            }
        }
        decimal
    }

    pub(crate) fn as_bytes(&self) -> &[u8] {
        self.digits.get(self.start..).unwrap_or_default()
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
