/// The members of a tar archive, compressed or not: ustar, pax, GNU and older.
///
/// Only what is certain is read: a header whose checksum or numbers are wrong, two lengths that differ, and an archive without
/// its end mark end the reading. What only some programs understand (parts of another archive, headers that rename all
/// members) is refused rather than guessed.
final class TarMembers: MemberStream {
    /// Longest extended header; names and times need some hundred bytes.
    private static let longestExtension: Int64 = 1 << 20
    /// Zeros behind the end mark. Programs pad to a record, by default of 10 KiB.
    private static let longestPadding: Int64 = 4 << 20
    /// A length from here on may stand in the extended header alone.
    private static let wideSize: Int64 = 1 << 33

    private let stream: TarStream
    /// Bytes of the member at hand that have not been read, and the zeros that fill its last block.
    private var dataLeft: Int64 = 0
    private var padding: Int64 = 0
    private var extensionBuffer = GrowingBytes()

    var position: Int64 { stream.position }
    var unpackedBytes: Int64 { stream.count }

    init(_ source: any ByteSource, budget: ArchiveBudget) {
        stream = TarStream(source, budget: budget)
    }

    /// What the headers before a member's own say about it.
    private struct Extensions {
        var pax: PaxRecords?
        var longName: [UInt8]?
        var longLink = false

        var isEmpty: Bool { pax == nil && longName == nil && !longLink }
    }

    func next(index: Int) throws(ArchiveError) -> ArchiveMember? {
        var extensions = Extensions()
        while true {
            try passOver()
            guard let header = try nextHeader(isFirst: index == 1, extensions) else { return nil }
            switch header.type {
            case UInt8(ascii: "x"), UInt8(ascii: "X"):
                guard extensions.pax == nil else { throw broken("a member has two extended headers") }
                extensions.pax = try paxRecords(header)
            case UInt8(ascii: "g"):
                guard try !paxRecords(header).namesMembers else {
                    throw ArchiveError(.unsupported, "one of its headers names or measures all members at once", position: position)
                }
            case UInt8(ascii: "L"):
                extensions.longName = try longName(header)
            case UInt8(ascii: "K"):
                _ = try longName(header)
                extensions.longLink = true
            case UInt8(ascii: "V"):
                // The label of a volume.
                try expectData(size(header, nil))
            case UInt8(ascii: "M"):
                throw ArchiveError(.unsupported, "it continues an archive on another volume", position: position)
            default:
                return try member(header, extensions, index: index)
            }
        }
    }

    // MARK: Headers

    /// The next header; nil at the archive's proper end, which is two blocks of zeros and then nothing but padding. Only this
    /// tells an archive that was cut between two members from a whole one.
    private func nextHeader(isFirst: Bool, _ extensions: Extensions) throws(ArchiveError) -> TarHeader? {
        guard let block = try stream.nextBlock() else { throw stream.count < Int64(TarStream.blockBytes) ? noArchive() : noEnd() }
        guard TarStream.isZero(block) else {
            if TarHeader.hasChecksum(block) { return TarHeader(block) }
            if TarHeader.hasMagic(block) { throw ArchiveError(.checksum, "a tar header's checksum is wrong", position: position) }
            guard !isFirst || !extensions.isEmpty else { throw noArchive() }
            throw broken("there is something else where a tar header should be")
        }
        guard extensions.isEmpty else { throw broken("an extended header has no member") }
        guard let second = try stream.nextBlock() else { throw noEnd() }
        guard TarStream.isZero(second) else {
            throw ArchiveError(.trailingData, "there is other data behind the end of the tar archive", position: position)
        }
        try stream.finish(limit: Self.longestPadding)
        return nil
    }

    private func noArchive() -> ArchiveError {
        ArchiveError(.notAnArchive, "it holds no tar archive", position: position)
    }

    private func noEnd() -> ArchiveError {
        ArchiveError(.truncated, "the tar archive has no end mark: it was cut off after a member", position: position)
    }

    private func broken(_ message: String) -> ArchiveError {
        ArchiveError(.damaged, message, position: position)
    }

    private func paxRecords(_ header: TarHeader) throws(ArchiveError) -> PaxRecords {
        try readExtension(header)
        guard let records = PaxRecords(extensionBuffer.bytes) else { throw broken("an extended header is malformed") }
        return records
    }

    /// The text without the NUL behind it.
    private func longName(_ header: TarHeader) throws(ArchiveError) -> [UInt8] {
        try readExtension(header)
        let text = extensionBuffer.bytes
        return Array(text.last == 0 ? text.slice(0, text.count - 1) : text)
    }

    private func readExtension(_ header: TarHeader) throws(ArchiveError) {
        let length = try size(header, nil)
        guard length <= Self.longestExtension else {
            throw broken("an extended header is longer than \(Self.longestExtension) bytes")
        }
        extensionBuffer.removeAll()
        expectData(length)
        dataLeft = 0
        try stream.read(length, into: &extensionBuffer)
    }

    /// The length of the data; the two places that may say it must not contradict each other.
    private func size(_ header: TarHeader, _ pax: PaxRecords?) throws(ArchiveError) -> Int64 {
        if let wide = pax?.size, wide >= Self.wideSize { return wide }
        guard let narrow = header.size else { throw broken("a tar header's length is no number") }
        guard let size = pax?.size else { return narrow }
        guard narrow == size || narrow == 0 else { throw broken("a member's headers give two lengths, \(narrow) and \(size)") }
        return size
    }

    // MARK: Members

    private func member(_ header: TarHeader, _ extensions: Extensions, index: Int) throws(ArchiveError) -> ArchiveMember {
        let name = extensions.pax?.path ?? extensions.longName ?? header.name
        let path = String(decoding: name, as: UTF8.self)
        let isDecodable = name.withUnsafeBytes { UTF8Check.firstInvalidOffset(in: $0) == nil }
        var rejection = isDecodable ? ArchivePath.rejection(of: path) : .undecodableName
        let kind = Self.kind(header.type, name)
        let isSparse = header.type == UInt8(ascii: "S") || extensions.pax?.isSparse == true
        var length: Int64 = 0
        do throws(ArchiveError) {
            if header.type == UInt8(ascii: "S") { try skipMap(header) }
            // What is no file has no data: its length, if there is one, is that of the file it was made from.
            if kind == .file || header.type == UInt8(ascii: "D") { length = try size(header, extensions.pax) }
        } catch {
            var error = error
            error.member = path
            throw error
        }
        expectData(length)
        switch kind {
        case .link: rejection = rejection ?? .link
        case .device: rejection = rejection ?? .device
        case .file where isSparse: rejection = rejection ?? .sparse
        case .file, .directory: break
        }
        return ArchiveMember(path: path, kind: kind, size: length, index: index, rejection: rejection)
    }

    /// Types that nobody knows are files, as POSIX has it.
    private static func kind(_ type: UInt8, _ name: [UInt8]) -> ArchiveMember.Kind {
        switch type {
        case UInt8(ascii: "1"), UInt8(ascii: "2"): .link
        case UInt8(ascii: "3"), UInt8(ascii: "4"), UInt8(ascii: "6"): .device
        case UInt8(ascii: "5"), UInt8(ascii: "D"): .directory
        // The seventh edition had no type for directories.
        case 0, UInt8(ascii: "0"): name.last == UInt8(ascii: "/") ? .directory : .file
        default: .file
        }
    }

    /// The rest of the map of GNU's old sparse format, in blocks of their own before the data.
    private func skipMap(_ header: TarHeader) throws(ArchiveError) {
        var goesOn = header.isMapContinued
        while goesOn {
            guard let block = try stream.nextBlock() else { throw noEnd() }
            goesOn = block[504] != 0
        }
    }

    // MARK: Data

    private func expectData(_ length: Int64) {
        dataLeft = length
        let block = Int64(TarStream.blockBytes)
        padding = (block - length % block) % block
    }

    func read(into out: inout GrowingBytes, limit: Int) throws(ArchiveError) -> Bool {
        guard dataLeft <= Int64(limit) else { return false }
        let length = dataLeft
        dataLeft = 0
        try stream.read(length, into: &out)
        return true
    }

    /// Passes over what is left of the member at hand.
    private func passOver() throws(ArchiveError) {
        let (data, zeros) = (dataLeft, padding)
        (dataLeft, padding) = (0, 0)
        try stream.skip(data)
        try stream.skip(zeros)
    }
}
