//! What becomes of packets while there is no connection.

/// What becomes of a packet that is to be sent while there is no connection.
///
/// # Examples
///
/// ```
/// use oscine_transport::reconnect::WhileDown;
///
/// assert_eq!(WhileDown::default(), WhileDown::DropOldest);
/// ```
#[derive(Debug, Clone, Copy, Default, PartialEq, Eq, Hash)]
#[non_exhaustive]
pub enum WhileDown {
    /// It is kept. When the queue is full, the oldest in it is dropped. The default: of values that
    /// change, the latest are those that still hold when the peer is back.
    #[default]
    DropOldest,
    /// It is kept. When the queue is full, it is refused with
    /// [`SendError::Full`](crate::SendError::Full): what begins a conversation is not lost.
    DropNewest,
    /// It is refused with [`SendError::Offline`](crate::SendError::Offline): for those who want to
    /// decide themselves. Those that wait when the connection breaks are dropped too.
    Refuse,
}
