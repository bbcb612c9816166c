/// Writes zip files byte by byte (stored, not compressed), whole ones and ones that contradict themselves.
struct ZipBytes {
    private var locals: [UInt8] = []
    private var directory: [UInt8] = []
    private var count = 0

    /// What the end record claims instead of the truth.
    var claimedCount: Int?
    var comment: [UInt8] = []
    /// Bytes between the directory and the end record.
    var gap: [UInt8] = []

    /// A file of members.
    init(_ files: [(String, String)] = []) {
        for (name, text) in files { add(name, Array(text.utf8)) }
    }

    /// The whole file.
    var bytes: [UInt8] {
        let entries = little16(claimedCount ?? count)
        let sizes = little32(directory.count) + little32(locals.count)
        let record = little32(0x0605_4B50) + little16(0) + little16(0) + entries + entries + sizes + little16(comment.count)
        return locals + directory + gap + record + comment
    }

    /// Length of everything before the central directory.
    var dataLength: Int { locals.count }

    /// Appends a member; its name is marked as UTF-8 (flag bit 11) unless told otherwise.
    mutating func add(_ name: String, _ data: [UInt8], flags: Int = 0x800, wrongCRC: Bool = false, method: Int = 0, mode: Int = 0o100644) {
        add(rawName: Array(name.utf8), data, flags: flags, wrongCRC: wrongCRC, method: method, mode: mode)
    }

    /// Appends a member whose name need not be text.
    mutating func add(rawName: [UInt8], _ data: [UInt8], flags: Int = 0, wrongCRC: Bool = false, method: Int = 0, mode: Int = 0o100644) {
        let crc = CRC32.of(data) ^ (wrongCRC ? 1 : 0)
        let offset = locals.count
        let common =
            little16(flags) + little16(method) + little32(0x5A21_0000) + little32(Int(crc)) + little32(data.count) + little32(data.count)
        locals += little32(0x0403_4B50) + little16(20) + common + little16(rawName.count) + little16(0) + rawName + data
        directory += little32(0x0201_4B50) + little16(0x0314) + little16(20) + common + little16(rawName.count) + little16(0) + little16(0)
        directory += little16(0) + little16(0) + little32(mode << 16) + little32(offset) + rawName
        count += 1
    }

    private func little16(_ value: Int) -> [UInt8] { (0..<2).map { UInt8(truncatingIfNeeded: value >> ($0 * 8)) } }
    private func little32(_ value: Int) -> [UInt8] { (0..<4).map { UInt8(truncatingIfNeeded: value >> ($0 * 8)) } }
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
