//! The standard library: reads into one big buffer, in which frames are found in place.

use std::hint::black_box;
use std::io::Read;
use std::net::{TcpListener, TcpStream};
use std::ops::Range;
use std::time::Duration;

use memchr::{memchr, memchr2};
use oscine::PacketRef;
use oscine::transport::framing::slip::{END, ESC, ESC_END, ESC_ESC};

use crate::message::{sum, sum_all};
use crate::receiver::Receiver;

/// How large the buffer is.
const SIZE: usize = 64 * 1024;
/// How long to wait for what is to come.
const LIMIT: Duration = Duration::from_secs(10);

/// A loop that reads, and does `look` with each of the frames that `cut` finds.
///
/// `cut` gets what has been read and not been looked at. It answers where in it the first frame lies and where the bytes
/// after it begin, or `None` if the frame is not whole.
pub(crate) struct Bare<F, L> {
    name: &'static str,
    connection: TcpStream,
    cut: F,
    look: L,
    buffer: Box<[u8]>,
    /// What has been read and not been looked at.
    unread: Range<usize>,
    /// Where the last frame lies.
    last: Range<usize>,
    /// What `look` has made of all frames.
    seen: u64,
}

impl<F, L> Bare<F, L>
where
    F: Fn(&mut [u8]) -> Option<(Range<usize>, usize)>,
    L: Fn(&[u8]) -> u64,
{
    /// Accepts a connection.
    pub(crate) fn new(name: &'static str, listener: &TcpListener, cut: F, look: L) -> Self {
        let (connection, _) = listener.accept().expect("somebody connects");
        connection.set_read_timeout(Some(LIMIT)).expect("a time limit");
        let buffer = vec![0; SIZE].into_boxed_slice();
        Self { name, connection, cut, look, buffer, unread: 0..0, last: 0..0, seen: 0 }
    }

    fn read(&mut self) {
        self.buffer.copy_within(self.unread.clone(), 0);
        self.unread = 0..self.unread.len();
        let room = self.buffer.get_mut(self.unread.end..).unwrap_or_default();
        let size = self.connection.read(room).expect("the connection is sound");
        assert!(size > 0, "the connection is open, and frames are smaller than the buffer");
        self.unread.end += size;
    }
}

impl<F, L> Receiver for Bare<F, L>
where
    F: Fn(&mut [u8]) -> Option<(Range<usize>, usize)>,
    L: Fn(&[u8]) -> u64,
{
    fn name(&self) -> &'static str {
        self.name
    }

    fn receive(&mut self, n: u64) {
        let mut left = n;
        while left > 0 {
            let mut unread = self.buffer.get_mut(self.unread.clone()).unwrap_or_default();
            while let Some((frame, size)) = (self.cut)(unread) {
                let seen = unread.get(frame.clone()).map_or(0, &self.look);
                self.seen = black_box(self.seen.wrapping_add(seen));
                self.last = self.unread.start + frame.start..self.unread.start + frame.end;
                self.unread.start += size;
                unread = unread.get_mut(size..).unwrap_or_default();
                left -= 1;
                if left == 0 {
                    return;
                }
            }
            self.read();
        }
    }

    fn last(&self) -> u64 {
        let frame = self.buffer.get(self.last.clone()).unwrap_or_default();
        sum_all(frame)
    }
}

/// Decodes a frame where it lies, and reads both arguments.
#[inline]
pub(crate) fn read(frame: &[u8]) -> u64 {
    PacketRef::decode(frame).map_or(0, sum)
}

/// Looks at no more than the length of a frame.
#[inline]
pub(crate) fn length(frame: &[u8]) -> u64 {
    frame.len() as u64
}

/// A frame with an int32 length before it.
#[inline]
pub(crate) fn length_prefix(bytes: &mut [u8]) -> Option<(Range<usize>, usize)> {
    let (length, rest) = bytes.split_first_chunk::<4>()?;
    let length = u32::from_be_bytes(*length) as usize;
    (length <= rest.len()).then_some((4..4 + length, 4 + length))
}

/// A frame of SLIP with END before and after it; escapes are replaced where they stand.
#[inline]
pub(crate) fn slip(bytes: &mut [u8]) -> Option<(Range<usize>, usize)> {
    let start = bytes.iter().position(|&byte| byte != END)?;
    let special = start + memchr2(END, ESC, bytes.get(start..)?)?;
    if bytes.get(special) == Some(&END) {
        return Some((start..special, special + 1));
    }
    let end = special + memchr(END, bytes.get(special..)?)?;
    let length = unescape(bytes.get_mut(special..end)?);
    Some((start..special + length, end + 1))
}

/// Replaces escapes; how many bytes are left.
fn unescape(bytes: &mut [u8]) -> usize {
    let (mut read, mut write) = (0, 0);
    while let Some(&byte) = bytes.get(read) {
        let (byte, size) = match (byte, bytes.get(read + 1)) {
            (ESC, Some(&ESC_END)) => (END, 2),
            (ESC, Some(&ESC_ESC)) => (ESC, 2),
            _ => (byte, 1),
        };
        if let Some(place) = bytes.get_mut(write) {
            *place = byte;
        }
        read += size;
        write += 1;
    }
    write
}
