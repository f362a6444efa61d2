//! Walking everything in a packet, without recursion.

use core::fmt;
use core::iter::FusedIterator;

use smallvec::SmallVec;

use crate::time_tag::TimeTag;
use crate::view::bundle_ref::{BundleRef, INLINE_DEPTH};
use crate::view::elements::{Element, Elements};
use crate::view::message_ref::MessageRef;
use crate::view::packet_ref::PacketRef;

/// A message and where it stood in its packet.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
#[non_exhaustive]
pub struct TimedMessage<'a> {
    /// The message.
    pub message: MessageRef<'a>,
    /// When it is due: the latest of the time tags of the bundles around it, by [`TimeTag::is_after`];
    /// [`TimeTag::IMMEDIATE`] if there is none. A nested bundle never runs before the one around it.
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
    /// The innermost bundle that is open.
    level: Level<'a>,
    /// The bundles around it. Invariant: one fewer than `depth`, or none.
    outer: SmallVec<[Level<'a>; INLINE_DEPTH - 1]>,
    /// How many bundles are open.
    depth: usize,
}

#[derive(Clone, Copy)]
struct Level<'a> {
    elements: Elements<'a>,
    time_tag: TimeTag,
    index: usize,
}

/// One step of a walk: small, because what a message consists of is looked at only by who wants to know.
enum Step<'a> {
    Bundle(BundleRef<'a>, Option<TimeTag>),
    Message(Element<'a>, usize),
}

impl<'a> PacketRef<'a> {
    /// All bundles and messages in the packet, itself included, in the order of its bytes.
    #[must_use]
    #[inline]
    pub fn walk(self) -> Walk<'a> {
        let level = Level { elements: Elements::NONE, time_tag: TimeTag::IMMEDIATE, index: 0 };
        Walk { first: Some(self), level, outer: SmallVec::new(), depth: 0 }
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
    #[must_use]
    pub const fn depth(&self) -> usize {
        self.depth
    }

    /// The next bundle or message, below the packet itself.
    #[inline(always)]
    fn step(&mut self) -> Option<Step<'a>> {
        while self.depth > 0 {
            if let Some(element) = self.level.elements.next_element() {
                let index = self.level.index;
                self.level.index += 1;
                return Some(match element.bundle() {
                    None => Step::Message(element, index),
                    Some(bundle) => {
                        let parent_time = self.level.time_tag;
                        self.enter(bundle, Some(parent_time));
                        Step::Bundle(bundle, Some(parent_time))
                    }
                });
            }
            self.depth -= 1;
            if let Some(outer) = self.outer.pop() {
                self.level = outer;
            }
        }
        None
    }

    fn enter(&mut self, bundle: BundleRef<'a>, parent_time: Option<TimeTag>) {
        let own = bundle.time_tag();
        let time_tag = match parent_time {
            Some(parent) if !own.is_after(parent) => parent,
            _ => own,
        };
        let level = Level { elements: bundle.elements(), time_tag, index: 0 };
        let outer = core::mem::replace(&mut self.level, level);
        if self.depth > 0 {
            self.outer.push(outer);
        }
        self.depth += 1;
    }

    #[inline(always)]
    fn timed(&self, message: MessageRef<'a>, index: usize) -> TimedMessage<'a> {
        TimedMessage { message, time_tag: self.level.time_tag, depth: self.depth, index }
    }
}

impl<'a> Iterator for Walk<'a> {
    type Item = Node<'a>;

    fn next(&mut self) -> Option<Node<'a>> {
        let step = match self.first.take() {
            Some(PacketRef::Message(message)) => {
                return Some(Node::Message(self.timed(message, 0)));
            }
            Some(PacketRef::Bundle(bundle)) => {
                self.enter(bundle, None);
                Step::Bundle(bundle, None)
            }
            None => self.step()?,
        };
        Some(match step {
            Step::Message(element, index) => Node::Message(self.timed(element.message(), index)),
            Step::Bundle(bundle, parent_time) => {
                Node::Bundle { bundle, time_tag: self.level.time_tag, parent_time }
            }
        })
    }
}

impl FusedIterator for Walk<'_> {}

impl fmt::Debug for Walk<'_> {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.debug_struct("Walk").field("depth", &self.depth).finish_non_exhaustive()
    }
}

/// The messages of a packet, each with its time and place.
#[derive(Debug)]
pub struct Messages<'a>(Walk<'a>);

impl<'a> Iterator for Messages<'a> {
    type Item = TimedMessage<'a>;

    #[inline]
    fn next(&mut self) -> Option<TimedMessage<'a>> {
        let walk = &mut self.0;
        match walk.first.take() {
            Some(PacketRef::Message(message)) => return Some(walk.timed(message, 0)),
            Some(PacketRef::Bundle(bundle)) => walk.enter(bundle, None),
            None => {}
        }
        loop {
            if let Step::Message(element, index) = walk.step()? {
                return Some(walk.timed(element.message(), index));
            }
        }
    }
}

impl FusedIterator for Messages<'_> {}
