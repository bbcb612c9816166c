/// Writes tar archives byte by byte, whole ones and broken ones.
struct TarBytes {
    /// The blocks so far, without the end mark.
    private(set) var members: [UInt8] = []
    /// Offsets at which a member begins.
    private(set) var offsets: [Int] = []

    /// A whole archive: the members and two blocks of zeros.
    var bytes: [UInt8] { members + [UInt8](repeating: 0, count: 1024) }

    /// An archive of files.
    init(_ files: [(String, String)] = []) {
        for (name, text) in files { add(name, Array(text.utf8)) }
    }

    /// Appends a member. `type` is the type flag: 0 file, 1 hard link, 2 symbolic link, 3 and 4 devices, 5 directory, 6 pipe.
    mutating func add(_ name: String, _ data: [UInt8] = [], type: Character = "0", link: String = "", patch: [Int: [UInt8]] = [:]) {
        add(rawName: Array(name.utf8), data, type: type, link: link, patch: patch)
    }

    /// Appends a member whose name need not be text.
    /// - Parameters:
    ///   - size: what the header says instead of the truth.
    ///   - patch: bytes to put at offsets of the header before its checksum is made.
    ///   - checksum: added to the right checksum.
    mutating func add(
        rawName: [UInt8], _ data: [UInt8] = [], type: Character = "0", link: String = "", size: Int? = nil, patch: [Int: [UInt8]] = [:],
        checksum: Int = 0
    ) {
        offsets.append(members.count)
        members += Self.header(rawName, size: size ?? data.count, type: type, link: link, patch: patch, checksum: checksum) + data
        members += [UInt8](repeating: 0, count: (512 - data.count % 512) % 512)
    }

    /// Appends blocks as they are.
    mutating func append(_ blocks: [UInt8]) { members += blocks }

    /// Appends pax records for the next member (or, with type `g`, for all that follow).
    mutating func addPax(_ records: [(String, String)], type: Character = "x") {
        addPax(raw: records.flatMap { Self.paxRecord($0.0, Array($0.1.utf8)) }, type: type)
    }

    /// Appends what stands in place of pax records.
    mutating func addPax(raw: [UInt8], type: Character = "x", size: Int? = nil) {
        add(rawName: Array("PaxHeaders/x".utf8), raw, type: type, size: size)
    }

    /// Appends a GNU long name (`L`) or link (`K`) for the next member.
    mutating func addLong(_ name: String, type: Character = "L") {
        add(rawName: Array("././@LongLink".utf8), Array(name.utf8) + [0], type: type, patch: Self.gnu)
    }

    /// A pax record with its right length.
    static func paxRecord(_ key: String, _ value: [UInt8]) -> [UInt8] {
        let rest = [0x20] + Array(key.utf8) + [0x3D] + value + [0x0A]
        var length = rest.count + 1
        while String(length).utf8.count + rest.count != length { length += 1 }
        return Array(String(length).utf8) + rest
    }

    /// The magic of GNU's old format.
    static let gnu = [257: Array("ustar  \0".utf8)]
    /// No magic at all, as in the seventh edition of Unix.
    static let v7 = [257: [UInt8](repeating: 0, count: 8)]

    /// A size as GNU's tar writes large ones: a set bit and a number of 11 bytes.
    static func binarySize(_ size: Int64) -> [Int: [UInt8]] {
        let fill: UInt8 = size < 0 ? 0xFF : 0
        let digits = (0..<8).map { UInt8(truncatingIfNeeded: size >> ((7 - $0) * 8)) }
        return [124: [size < 0 ? 0xFF : 0x80, fill, fill, fill] + digits]
    }

    private static func header(
        _ name: [UInt8], size: Int, type: Character, link: String, patch: [Int: [UInt8]], checksum: Int
    ) -> [UInt8] {
        var block = [UInt8](repeating: 0, count: 512)
        func put(_ text: [UInt8], at offset: Int) { block.replaceSubrange(offset..<(offset + text.count), with: text) }
        func octal(_ value: Int, _ width: Int) -> [UInt8] {
            let digits = String(value, radix: 8)
            return Array((String(repeating: "0", count: width - digits.utf8.count) + digits).utf8)
        }
        precondition(name.count <= 100, "no long names here")
        put(name, at: 0)
        put(octal(0o644, 7), at: 100)
        put(octal(0, 7), at: 108)
        put(octal(0, 7), at: 116)
        put(octal(size, 11), at: 124)
        put(octal(1_700_000_000, 11), at: 136)
        put(Array("        ".utf8), at: 148)
        put(Array(String(type).utf8), at: 156)
        put(Array(link.utf8), at: 157)
        put(Array("ustar\0".utf8) + Array("00".utf8), at: 257)
        for (offset, text) in patch { put(text, at: offset) }
        let sum = block.reduce(checksum) { $0 + Int($1) }
        put(octal(sum, 6) + [0, 0x20], at: 148)
        return block
    }
}
