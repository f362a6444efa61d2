//! Telling what comes again from what comes once.

/// Remembers what has come, so that only what comes again is let in.
///
/// It holds the latest, and of those before it one bit for each value of a part of a hash. It forgets them when many
/// bits are set. So it may take something for known that is not, one time in four at most; what comes again soon it
/// always knows.
#[derive(Default)]
pub(crate) struct Doorkeeper {
    latest: Option<u64>,
    /// Made for the second that comes.
    bits: Option<Box<[u64; WORDS]>>,
    set: usize,
}

impl Doorkeeper {
    /// Whether what has this hash seems to have come before. From now on it has.
    pub(crate) fn knows(&mut self, hash: u64) -> bool {
        if self.latest == Some(hash) {
            return true;
        }
        let Some(before) = self.latest.replace(hash) else { return false };
        if self.set >= MOST {
            self.forget();
        }
        let bits = self.bits.get_or_insert_with(|| Box::new([0; WORDS]));
        let (place, mask) = bit(before);
        if let Some(word) = bits.get_mut(place) {
            self.set += usize::from(*word & mask == 0);
            *word |= mask;
        }
        let (place, mask) = bit(hash);
        bits.get(place).is_some_and(|word| word & mask != 0)
    }

    fn forget(&mut self) {
        if let Some(bits) = &mut self.bits {
            bits.fill(0);
        }
        self.set = 0;
    }
}

/// The word and the bit in it. Of a good hash any part will do.
fn bit(hash: u64) -> (usize, u64) {
    let [low, high, ..] = hash.to_le_bytes();
    let bit = usize::from(u16::from_le_bytes([low, high])) % (64 * WORDS);
    (bit / 64, 1 << (bit % 64))
}

/// 4,096 bits.
const WORDS: usize = 64;

/// How many bits are set at most: a quarter.
const MOST: usize = 64 * WORDS / 4;

#[cfg(test)]
mod tests {
    use std::hash::BuildHasher;

    use foldhash::fast::FixedState;

    use super::*;

    #[test]
    fn what_comes_again_is_known() {
        let mut doorkeeper = Doorkeeper::default();
        assert_eq!(
            [7, 8, 7, 8, 9].map(|hash| doorkeeper.knows(hash)),
            [false, false, true, true, false]
        );
        doorkeeper.forget();
        assert!(!doorkeeper.knows(7));
    }

    #[test]
    fn a_thousand_by_turns_are_known_the_second_time_and_strangers_seldom() {
        let mut doorkeeper = Doorkeeper::default();
        let hash = |n: u64| FixedState::default().hash_one(n);
        for n in 0..1000 {
            doorkeeper.knows(hash(n));
        }
        assert!((0..1000).all(|n| doorkeeper.knows(hash(n))));
        let mistaken = (1000..100_000).filter(|&n| doorkeeper.knows(hash(n))).count();
        assert!((1..99_000 / 4).contains(&mistaken), "{mistaken}");
        assert!(doorkeeper.set <= MOST);
    }
}
