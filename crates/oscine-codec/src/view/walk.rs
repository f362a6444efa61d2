//! Walking everything in a packet, without recursion.

use core::fmt;
use core::iter::FusedIterator;

use smallvec::SmallVec;

use crate::time_tag::TimeTag;
use crate::view::bundle_ref::{BundleRef, INLINE_DEPTH};
use crate::view::elements::Elements;
use crate::view::message_ref::MessageRef;
use crate::view::packet_ref::PacketRef;

/// A message and where it stood in its packet.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
#[non_exhaustive]
pub struct TimedMessage<'a> {
    /// The message.
    pub message: MessageRef<'a>,
    /// When it is due: the latest of the time tags of the bundles around it, [`TimeTag::IMMEDIATE`] if there is
    /// none. A nested bundle never runs before the one around it.
    pub time_tag: TimeTag,
    /// How many bundles are around it.
    pub depth: usize,
    /// Its place in the innermost of them, counted from 0.
    pub index: usize,
}

/// One stop on the walk through a packet.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
#[non_exhaustive]
pub enum Node<'a> {
    /// A bundle begins; what is in it follows.
    Bundle {
        /// The bundle.
        bundle: BundleRef<'a>,
        /// When it is due: the later of its own time tag and `parent_time`.
        time_tag: TimeTag,
        /// When the bundle around it is due; `None` for the outermost.
        parent_time: Option<TimeTag>,
    },
    /// A message.
    Message(TimedMessage<'a>),
}

/// The bundles and messages of a packet in the order of its bytes.
///
/// Linear in the packet; allocates nothing while bundles are nested no deeper than 32.
pub struct Walk<'a> {
    /// The packet itself, before the first step.
    first: Option<PacketRef<'a>>,
    stack: SmallVec<[Level<'a>; INLINE_DEPTH]>,
}

struct Level<'a> {
    elements: Elements<'a>,
    time_tag: TimeTag,
    index: usize,
}

impl<'a> PacketRef<'a> {
    /// All bundles and messages in the packet, itself included, in the order of its bytes.
    #[must_use]
    #[inline]
    pub fn walk(self) -> Walk<'a> {
        Walk { first: Some(self), stack: SmallVec::new() }
    }

    /// All messages in the packet, each with its time and place, in the order of its bytes.
    ///
    /// # Examples
    ///
    /// ```
    /// use oscine_codec::{Bundle, Message, TimeTag};
    ///
    /// let late = Bundle::new(TimeTag(9 << 32), [Message::new("/b", ())?])?;
    /// let bundle = Bundle::builder(TimeTag(5 << 32))
    ///     .element(Message::new("/a", ())?)
    ///     .element(late)
    ///     .build()?;
    /// let seconds = bundle.messages().map(|m| (m.message.address(), m.time_tag.0 >> 32));
    /// assert!(seconds.eq([("/a", 5), ("/b", 9)]));
    /// # Ok::<(), oscine_codec::EncodeError>(())
    /// ```
    #[must_use]
    #[inline]
    pub fn messages(self) -> Messages<'a> {
        Messages(self.walk())
    }
}

impl<'a> BundleRef<'a> {
    /// All messages in the bundle and in those nested in it. See [`PacketRef::messages`].
    #[must_use]
    #[inline]
    pub fn messages(self) -> Messages<'a> {
        PacketRef::Bundle(self).messages()
    }
}

impl<'a> Walk<'a> {
    /// How many bundles are around what was yielded last; a bundle counts itself.
    pub(crate) fn depth(&self) -> usize {
        self.stack.len()
    }

    #[inline]
    fn enter(&mut self, bundle: BundleRef<'a>, parent_time: Option<TimeTag>) -> Node<'a> {
        let own = bundle.time_tag();
        let time_tag = parent_time.map_or(own, |parent| own.max(parent));
        self.stack.push(Level { elements: bundle.elements(), time_tag, index: 0 });
        Node::Bundle { bundle, time_tag, parent_time }
    }
}

impl<'a> Iterator for Walk<'a> {
    type Item = Node<'a>;

    #[inline]
    fn next(&mut self) -> Option<Node<'a>> {
        match self.first.take() {
            Some(PacketRef::Bundle(bundle)) => return Some(self.enter(bundle, None)),
            Some(PacketRef::Message(message)) => {
                let time_tag = TimeTag::IMMEDIATE;
                return Some(Node::Message(TimedMessage { message, time_tag, depth: 0, index: 0 }));
            }
            None => {}
        }
        loop {
            let depth = self.stack.len();
            let level = self.stack.last_mut()?;
            let (time_tag, index) = (level.time_tag, level.index);
            level.index += 1;
            match level.elements.next() {
                Some(PacketRef::Bundle(bundle)) => return Some(self.enter(bundle, Some(time_tag))),
                Some(PacketRef::Message(message)) => {
                    return Some(Node::Message(TimedMessage { message, time_tag, depth, index }));
                }
                None => drop(self.stack.pop()),
            }
        }
    }
}

impl FusedIterator for Walk<'_> {}

impl fmt::Debug for Walk<'_> {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.debug_struct("Walk").field("depth", &self.stack.len()).finish_non_exhaustive()
    }
}

/// The messages of a packet, each with its time and place.
#[derive(Debug)]
pub struct Messages<'a>(Walk<'a>);

impl<'a> Iterator for Messages<'a> {
    type Item = TimedMessage<'a>;

    #[inline]
    fn next(&mut self) -> Option<TimedMessage<'a>> {
        self.0.find_map(|node| match node {
            Node::Message(message) => Some(message),
            Node::Bundle { .. } => None,
        })
    }
}

impl FusedIterator for Messages<'_> {}
