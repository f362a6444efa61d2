//! What there is in an address space, told over the network.

use oscine_codec::{Address, EncodeError, Message};

use crate::address_space::address_space::AddressSpace;

/// The places that have methods, all or those at and below an address, in the order of the tree. What does not fit is
/// told as a number at the end, which is 0 if all fits.
pub(crate) fn routes(
    answer: &str,
    space: &AddressSpace,
    below: Option<&Address>,
) -> Result<Message, EncodeError> {
    let contents = space.contents();
    let methods = &contents.methods;
    let (all, some) = match below {
        None => (Some(methods.walk()), None),
        Some(address) => (None, Some(methods.walk_below(address))),
    };
    let places = all.into_iter().flatten().chain(some.into_iter().flatten());
    let mut places = places.map(|entries| &**entries.place()).take(MOST_COUNTED).peekable();
    let mut message = Message::builder(answer);
    // Of the type tags there are at most a comma, one for each address, the last, and what makes it a multiple of four.
    let mut left = MOST_BYTES.saturating_sub(padded(answer) + MOST_ADDRESSES + 6 + NUMBER);
    for _ in 0..MOST_ADDRESSES {
        let fits = |size: &usize| *size <= left;
        let Some(size) = places.peek().map(|place| padded(place.as_str())).filter(fits) else {
            break;
        };
        left -= size;
        if let Some(place) = places.next() {
            message = message.arg(place.as_str());
        }
    }
    message.arg(i32::try_from(places.count()).unwrap_or(i32::MAX)).build()
}

/// How many bytes a string takes: a zero at its end, and a multiple of four.
const fn padded(text: &str) -> usize {
    (text.len() / 4 + 1) * 4
}

/// How many addresses an answer has at most.
const MOST_ADDRESSES: usize = 64;

/// How many bytes an answer has at most, unless the address of the method itself is as long: every network carries it
/// in one piece.
const MOST_BYTES: usize = 1200;

/// The bytes of the number at the end.
const NUMBER: usize = 4;

/// How many places are counted: looking through more would take time from the show.
const MOST_COUNTED: usize = 1024;

#[cfg(test)]
mod tests {
    use super::*;

    /// The addresses in an answer, and how many more there are.
    fn listed(space: &AddressSpace, below: Option<&str>) -> (Vec<String>, i32) {
        let below = below.map(|address| Address::new(address).unwrap());
        let message = routes("/oscine/routes/answer", space, below.as_ref()).unwrap();
        assert!(message.as_bytes().len() <= MOST_BYTES, "{} bytes", message.as_bytes().len());
        let mut texts = Vec::new();
        let mut args = message.args();
        loop {
            match args.next().unwrap() {
                oscine_codec::Arg::Int(more) => {
                    assert!(args.next().is_none());
                    return (texts, more);
                }
                text => texts.push(text.as_text().unwrap().as_str().unwrap().to_owned()),
            }
        }
    }

    fn space(addresses: impl IntoIterator<Item = String>) -> AddressSpace {
        let space = AddressSpace::new();
        for address in addresses {
            space.method(address, || {}).unwrap();
        }
        space
    }

    #[test]
    fn all_that_fits_is_listed_and_the_rest_counted() {
        let few = space(["/b", "/a/x", "/a", "/a/y", "//anywhere"].map(str::to_owned));
        let all = ["/a", "/a/x", "/a/y", "/b", "//anywhere"].map(str::to_owned).to_vec();
        assert_eq!(listed(&few, None), (all.clone(), 0));
        assert_eq!(listed(&few, Some("/a")), (all[..3].to_vec(), 0));
        assert_eq!(listed(&few, Some("/none")), (vec![], 0));
        assert_eq!(listed(&AddressSpace::new(), None), (vec![], 0));
    }

    #[test]
    fn an_answer_is_bounded_by_number_and_bytes() {
        for (count, length) in
            [(64, 2), (65, 4), (1_030, 9), (100, 40), (100, 100), (3, 1_150), (3, 5_000)]
        {
            let space = space((0..count).map(|number| format!("/{number:0>length$}")));
            let (texts, more) = listed(&space, None);
            let told = texts.len() + usize::try_from(more).unwrap();
            assert_eq!(told, count.min(MOST_COUNTED));
            assert!(texts.len() <= MOST_ADDRESSES);
            if length < 10 {
                assert_eq!(texts.len(), MOST_ADDRESSES);
            }
        }
    }

    #[test]
    fn as_much_as_may_be_is_listed() {
        // 20 bytes each, beside 24 of the address, 70 kept for the tags, and 4.
        let space = space((0..100).map(|number| format!("/{number:0>15}")));
        let (texts, more) = listed(&space, None);
        assert_eq!((texts.len(), more), (55, 45));
    }
}
