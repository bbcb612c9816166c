package import NIOCore

/// What a ``MultipartReader`` found, in the order of the body: for each part `part`, any number of `data`, `partEnd`; at last `end`.
package enum MultipartEvent: Sendable, Equatable {
    /// A part begins.
    case part(MultipartPart)
    /// Bytes of the current part, not empty, sharing memory with the chunk that they came in.
    case data(ByteBuffer)
    /// The current part is complete.
    case partEnd
    /// The closing boundary was seen. What follows is ignored.
    case end
}
