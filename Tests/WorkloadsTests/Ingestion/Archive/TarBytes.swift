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
    mutating func add(_ name: String, _ data: [UInt8] = [], type: Character = "0", link: String = "") {
        add(rawName: Array(name.utf8), data, type: type, link: link)
    }

    /// Appends a member whose name need not be text.
    mutating func add(rawName: [UInt8], _ data: [UInt8] = [], type: Character = "0", link: String = "", size: Int? = nil) {
        offsets.append(members.count)
        members += Self.header(rawName, size: size ?? data.count, type: type, link: link) + data
        members += [UInt8](repeating: 0, count: (512 - data.count % 512) % 512)
    }

    private static func header(_ name: [UInt8], size: Int, type: Character, link: String) -> [UInt8] {
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
        let sum = block.reduce(0) { $0 + Int($1) }
        put(octal(sum, 6) + [0, 0x20], at: 148)
        return block
    }
}
