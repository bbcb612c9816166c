import Workloads

/// Writes zip files byte by byte, whole ones and ones that contradict themselves.
struct ZipBytes {
    /// What a local header and a record of the directory both say.
    struct Header {
        var name: [UInt8]
        var flags: Int
        var method: Int
        var crc: Int
        var packed: Int
        var unpacked: Int
        var extra: [UInt8] = []
    }

    /// How checksum and lengths stand behind the data, if they do.
    enum Descriptor: CaseIterable { case unsigned, signed, wideUnsigned, wideSigned }

    private(set) var locals: [UInt8] = []
    private(set) var directory: [[UInt8]] = []

    /// What the end record claims instead of the truth.
    var claimedCount: Int?
    var comment: [UInt8] = []
    /// Bytes between the directory and the end record.
    var gap: [UInt8] = []
    /// Adds the 64-bit end record; the other one then says only that it is there.
    var isWide = false

    /// A file of members.
    init(_ files: [(String, String)] = []) {
        for (name, text) in files { add(name, Array(text.utf8)) }
    }

    /// The whole file.
    var bytes: [UInt8] {
        let records = directory.flatMap { $0 }
        let count = claimedCount ?? directory.count
        var end: [UInt8] = []
        if isWide {
            end += little32(0x0606_4B50) + little64(44) + little16(45) + little16(45) + little32(0) + little32(0)
            end += little64(count) + little64(count) + little64(records.count) + little64(locals.count)
            end += little32(0x0706_4B50) + little32(0) + little64(locals.count + records.count + gap.count) + little32(1)
        }
        let entries = little16(isWide ? 0xFFFF : count)
        let sizes = isWide ? little32(0xFFFF_FFFF) + little32(0xFFFF_FFFF) : little32(records.count) + little32(locals.count)
        end += little32(0x0605_4B50) + little16(0) + little16(0) + entries + entries + sizes + little16(comment.count) + comment
        return locals + records + gap + end
    }

    /// Length of everything before the central directory.
    var dataLength: Int { locals.count }

    /// Appends a member; its name is marked as UTF-8 (flag bit 11) unless told otherwise.
    mutating func add(
        _ name: String, _ data: [UInt8], flags: Int = 0x800, wrongCRC: Bool = false, method: Int = 0, mode: Int = 0o100644,
        offset: Int? = nil
    ) {
        add(rawName: Array(name.utf8), data, flags: flags, wrongCRC: wrongCRC, method: method, mode: mode, offset: offset)
    }

    /// Appends a member whose name need not be text.
    /// - Parameters:
    ///   - data: what stands in the file; for method 8 that is deflated, see ``deflated(_:)``.
    ///   - unpacked: the data before it was packed, if that is something else.
    ///   - descriptor: writes checksum and lengths behind the data instead of into the local header.
    ///   - isWide: writes lengths and offset as 64-bit numbers.
    ///   - changeLocal, changeRecord: make the two say something else.
    ///   - offset: where the directory says that the member is.
    mutating func add(
        rawName: [UInt8], _ data: [UInt8], unpacked: [UInt8]? = nil, flags: Int = 0, wrongCRC: Bool = false, method: Int = 0,
        mode: Int = 0o100644, descriptor: Descriptor? = nil, isWide: Bool = false, offset: Int? = nil,
        changeLocal: (inout Header) -> Void = { _ in }, changeRecord: (inout Header) -> Void = { _ in }
    ) {
        let crc = Int(CRC32.of(unpacked ?? data) ^ (wrongCRC ? 1 : 0))
        let flags = descriptor == nil ? flags : flags | 8
        let truth = Header(name: rawName, flags: flags, method: method, crc: crc, packed: data.count, unpacked: (unpacked ?? data).count)
        let offset = offset ?? locals.count
        var local = truth
        var record = truth
        if isWide {
            local.extra = little16(1) + little16(16) + little64(truth.unpacked) + little64(truth.packed)
            record.extra = little16(1) + little16(24) + little64(truth.unpacked) + little64(truth.packed) + little64(offset)
            (local.packed, local.unpacked) = (0xFFFF_FFFF, 0xFFFF_FFFF)
            (record.packed, record.unpacked) = (0xFFFF_FFFF, 0xFFFF_FFFF)
        } else if descriptor != nil {
            (local.crc, local.packed, local.unpacked) = (0, 0, 0)
        }
        changeLocal(&local)
        changeRecord(&record)
        locals += little32(0x0403_4B50) + little16(20) + common(local) + local.name + local.extra + data
        switch descriptor {
        case nil: break
        case .unsigned: locals += little32(crc) + little32(truth.packed) + little32(truth.unpacked)
        case .signed: locals += little32(0x0807_4B50) + little32(crc) + little32(truth.packed) + little32(truth.unpacked)
        case .wideUnsigned: locals += little32(crc) + little64(truth.packed) + little64(truth.unpacked)
        case .wideSigned: locals += little32(0x0807_4B50) + little32(crc) + little64(truth.packed) + little64(truth.unpacked)
        }
        let rest = little16(0) + little16(0) + little16(0) + little32(mode << 16) + little32(isWide ? 0xFFFF_FFFF : offset)
        directory.append(little32(0x0201_4B50) + little16(0x0314) + little16(20) + common(record) + rest + record.name + record.extra)
    }

    /// Takes a record out of the directory.
    mutating func dropRecord(_ index: Int) { directory.remove(at: index) }
    /// Adds one that was made elsewhere.
    mutating func addRecord(_ record: [UInt8]) { directory.append(record) }
    /// Turns the directory's order round.
    mutating func reverseDirectory() { directory.reverse() }
    /// Appends bytes behind the last member.
    mutating func append(_ bytes: [UInt8]) { locals += bytes }

    /// Data as method 8 wants it: gzip without its head and trailer.
    static func deflated(_ data: [UInt8]) throws -> [UInt8] {
        Array(try PackedBytes.pack(data, .gzip).dropFirst(10).dropLast(8))
    }

    private func common(_ header: Header) -> [UInt8] {
        little16(header.flags) + little16(header.method) + little32(0x5A21_0000) + little32(header.crc) + little32(header.packed)
            + little32(header.unpacked) + little16(header.name.count) + little16(header.extra.count)
    }

    private func little16(_ value: Int) -> [UInt8] { (0..<2).map { UInt8(truncatingIfNeeded: value >> ($0 * 8)) } }
    private func little32(_ value: Int) -> [UInt8] { (0..<4).map { UInt8(truncatingIfNeeded: value >> ($0 * 8)) } }
    private func little64(_ value: Int) -> [UInt8] { (0..<8).map { UInt8(truncatingIfNeeded: value >> ($0 * 8)) } }
}

/// CRC-32 as gzip and zip use it.
enum CRC32 {
    private static let table: [UInt32] = (0..<256).map { index in
        (0..<8).reduce(UInt32(index)) { value, _ in value & 1 == 1 ? 0xEDB8_8320 ^ (value >> 1) : value >> 1 }
    }

    static func of(_ bytes: [UInt8]) -> UInt32 {
        ~bytes.reduce(~UInt32(0)) { table[Int(($0 ^ UInt32($1)) & 0xFF)] ^ ($0 >> 8) }
    }
}
