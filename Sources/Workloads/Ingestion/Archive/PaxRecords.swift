/// What the extended header of a pax archive says about one member, or about all that follow, as far as it matters here.
/// Records are `length key=value\n`, one after another; a later one of the same key replaces the former, and an empty value
/// takes it back.
struct PaxRecords {
    /// The member's name.
    var path: [UInt8]? { sparseName ?? plainName }
    private(set) var size: Int64?
    /// It describes a file with holes, whose data is not simply what follows.
    private(set) var isSparse = false

    /// True for a global header that would give all members one name, one target or one length.
    private(set) var namesMembers = false

    private var plainName: [UInt8]?
    /// A sparse file has another name beside it, for programs that do not know it for one.
    private var sparseName: [UInt8]?

    /// - Returns: nil if the records are malformed.
    init?(_ bytes: UnsafeRawBufferPointer) {
        var rest = bytes
        while !rest.isEmpty {
            guard let record = Self.first(in: rest) else { return nil }
            guard take(record.key, record.value) else { return nil }
            rest = UnsafeRawBufferPointer(rebasing: rest.dropFirst(record.length))
        }
    }

    private static func first(
        in bytes: UnsafeRawBufferPointer
    ) -> (length: Int, key: UnsafeRawBufferPointer, value: UnsafeRawBufferPointer)? {
        guard let blank = bytes.prefix(20).firstIndex(of: 0x20), let length = decimal(bytes.slice(0, blank)),
            length > blank + 1, length <= bytes.count, bytes[Int(length) - 1] == 0x0A
        else { return nil }
        let body = bytes.slice(blank + 1, Int(length) - 1)
        guard let equals = body.firstIndex(ofByte: 0x3D), equals > 0 else { return nil }
        return (Int(length), body.slice(0, equals), body.slice(equals + 1, body.count))
    }

    /// False if a value that matters cannot be one.
    private mutating func take(_ key: UnsafeRawBufferPointer, _ value: UnsafeRawBufferPointer) -> Bool {
        if key.elementsEqual("path".utf8) {
            plainName = value.isEmpty ? nil : Array(value)
            namesMembers = true
        } else if key.elementsEqual("size".utf8) {
            size = Self.decimal(value)
            namesMembers = true
            return size != nil || value.isEmpty
        } else if key.elementsEqual("linkpath".utf8) {
            namesMembers = true
        } else if key.starts(with: "GNU.sparse.".utf8) {
            if key.elementsEqual("GNU.sparse.name".utf8) { sparseName = Array(value) }
            isSparse = true
            namesMembers = true
        } else if key.elementsEqual("SCHILY.realsize".utf8) {
            isSparse = true
            namesMembers = true
        }
        return true
    }

    private static func decimal(_ bytes: UnsafeRawBufferPointer) -> Int64? {
        guard !bytes.isEmpty, bytes.allSatisfy({ (0x30...0x39).contains($0) }) else { return nil }
        return Int64(String(decoding: bytes, as: UTF8.self))
    }
}
