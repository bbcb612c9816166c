package import NIOCore

/// Reads `multipart/form-data` (RFC 7578, RFC 2046) from chunks of any size, in constant memory.
///
/// A pure state machine: chunks go in, events come out. Between chunks it keeps at most the headers of a part or the beginning of a boundary.
///
/// ```swift
/// var reader = try MultipartReader(contentType: request.headers[.contentType])
/// for try await chunk in request.body {
///     for event in try reader.read(chunk) { … }
/// }
/// try reader.finish()
/// ```
/// After an error the reader is of no further use.
package struct MultipartReader: Sendable {
    private enum State {
        /// Before the first boundary.
        case preamble
        /// Behind a boundary, where `--` or the end of the line follows.
        case boundaryLine
        case headers
        case body
        case epilogue
    }

    private let limits: MultipartLimits
    /// Line break, two hyphens, boundary. The beginning of the body counts as a line break.
    private let delimiter: [UInt8]
    private var state = State.preamble
    private var pending = ByteBuffer(string: "\r\n")
    private var partCount = 0
    /// Name and length so far of a field that is no file; nil while a file is read.
    private var field: (name: String, length: Int)?
    /// Whether the line break that ends the headers is still pending.
    private var isAtBodyStart = false

    /// Creates a reader for a body with this `Content-Type`.
    /// - Throws: `notMultipart` or `invalidBoundary`.
    package init(contentType: String?, limits: MultipartLimits = MultipartLimits()) throws(MultipartError) {
        guard let type = contentType.flatMap(ContentType.init), type.essence == "multipart/form-data" else { throw .notMultipart }
        guard let boundary = type["boundary"] else { throw .invalidBoundary }
        try self.init(boundary: boundary, limits: limits)
    }

    /// Creates a reader for a body with this boundary.
    /// - Throws: `invalidBoundary` unless it has 1 to 70 of the characters that RFC 2046 allows and does not end in a space.
    package init(boundary: String, limits: MultipartLimits = MultipartLimits()) throws(MultipartError) {
        guard (1...70).contains(boundary.utf8.count), boundary.utf8.allSatisfy(Self.isBoundaryByte), boundary.utf8.last != UInt8(ascii: " ")
        else {
            throw .invalidBoundary
        }
        self.limits = limits
        delimiter = Array("\r\n--\(boundary)".utf8)
    }

    /// Takes the next chunk of the body.
    /// - Returns: What is certain now, in order.
    package mutating func read(_ chunk: ByteBuffer) throws(MultipartError) -> [MultipartEvent] {
        if pending.readableBytes == 0 {
            pending = chunk
        } else {
            // A new buffer: appending would keep everything that was ever read in front of it.
            var joined = ByteBuffer()
            joined.reserveCapacity(pending.readableBytes + chunk.readableBytes)
            joined.writeImmutableBuffer(pending)
            joined.writeImmutableBuffer(chunk)
            pending = joined
        }
        var events: [MultipartEvent] = []
        while try step(&events) {}
        return events
    }

    /// Says that the body has ended.
    /// - Throws: `unfinished` unless the closing boundary was seen.
    package func finish() throws(MultipartError) {
        guard case .epilogue = state else { throw .unfinished }
    }

    /// One step; false if more bytes are needed.
    private mutating func step(_ events: inout [MultipartEvent]) throws(MultipartError) -> Bool {
        switch state {
        case .preamble: skipToBoundary()
        case .boundaryLine: try readBoundaryLine(&events)
        case .headers: try readHeaders(&events)
        case .body: try readBody(&events)
        case .epilogue: skipEpilogue()
        }
    }

    private mutating func skipToBoundary() -> Bool {
        let match = DelimiterSearch.find(delimiter, in: pending)
        pending.moveReaderIndex(forwardBy: match.before)
        guard match.isComplete else { return false }
        pending.moveReaderIndex(forwardBy: delimiter.count)
        state = .boundaryLine
        return true
    }

    /// `--` closes the body; otherwise only spaces may come before the end of the line.
    private mutating func readBoundaryLine(_ events: inout [MultipartEvent]) throws(MultipartError) -> Bool {
        let view = pending.readableBytesView
        if view.count >= 2, view.starts(with: [UInt8(ascii: "-"), UInt8(ascii: "-")]) {
            state = .epilogue
            events.append(.end)
            return true
        }
        if view.count == 1, view.first == UInt8(ascii: "-") { return false }
        let padding = view.prefix { $0 == UInt8(ascii: " ") || $0 == UInt8(ascii: "\t") }.count
        if padding > limits.headerBytes { throw .malformedBoundaryLine }
        let rest = view.dropFirst(padding).prefix(2)
        guard Array("\r\n".utf8).starts(with: rest) else { throw .malformedBoundaryLine }
        guard rest.count == 2 else { return false }
        // The line break stays: headers begin behind it, and a part without headers begins with an empty line.
        pending.moveReaderIndex(forwardBy: padding)
        state = .headers
        return true
    }

    private mutating func readHeaders(_ events: inout [MultipartEvent]) throws(MultipartError) -> Bool {
        let match = DelimiterSearch.find(Self.emptyLine, in: pending)
        if match.before > limits.headerBytes { throw .headersTooLarge }
        guard match.isComplete else { return false }
        partCount += 1
        if partCount > limits.parts { throw .tooManyParts }
        let part = try MultipartPart(headers: pending.readableBytesView.prefix(match.before).dropFirst(2))
        field = part.filename == nil ? (part.name, 0) : nil
        // The last line break stays: an empty body's boundary begins with it.
        pending.moveReaderIndex(forwardBy: match.before + 2)
        events.append(.part(part))
        state = .body
        isAtBodyStart = true
        return true
    }

    private mutating func readBody(_ events: inout [MultipartEvent]) throws(MultipartError) -> Bool {
        let match = DelimiterSearch.find(delimiter, in: pending)
        // Only a whole boundary right behind the headers takes their line break; otherwise it belongs to them and not to the data.
        if isAtBodyStart {
            if match.before == 0, !match.isComplete { return false }
            isAtBodyStart = false
            if match.before > 0 {
                pending.moveReaderIndex(forwardBy: 2)
                return true
            }
        }
        if match.before > 0, let data = pending.readSlice(length: match.before) {
            try count(data)
            events.append(.data(data))
        }
        guard match.isComplete else { return false }
        pending.moveReaderIndex(forwardBy: delimiter.count)
        events.append(.partEnd)
        state = .boundaryLine
        return true
    }

    private mutating func count(_ data: ByteBuffer) throws(MultipartError) {
        guard let field else { return }
        let length = field.length + data.readableBytes
        if length > limits.fieldBytes { throw .fieldTooLarge(name: field.name) }
        self.field = (field.name, length)
    }

    private mutating func skipEpilogue() -> Bool {
        pending = ByteBuffer()
        return false
    }

    private static let emptyLine = Array("\r\n\r\n".utf8)

    /// `bchars` of RFC 2046.
    private static func isBoundaryByte(_ byte: UInt8) -> Bool {
        switch byte {
        case UInt8(ascii: "a")...UInt8(ascii: "z"), UInt8(ascii: "A")...UInt8(ascii: "Z"), UInt8(ascii: "0")...UInt8(ascii: "9"): true
        default: Array("'()+_,-./:=? ".utf8).contains(byte)
        }
    }
}
