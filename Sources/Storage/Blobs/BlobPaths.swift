/// Where files lie: `blobs/<tenant>/<first two digits>/<sha256>`, and `blobs/incoming/` for what is not yet, or no longer, one.
struct BlobPaths: Sendable {
    /// The directory `blobs`.
    let root: String

    /// Files on their way in and out. Nothing in it is ever read again after its process has died.
    var incoming: String { root + "/incoming" }

    func tenantDirectory(_ tenant: String) -> String { root + "/" + Self.encode(tenant) }

    func directory(_ key: BlobKey) -> String { tenantDirectory(key.tenant) + "/" + key.sha256.prefix(2) }

    func file(_ key: BlobKey) -> String { directory(key) + "/" + key.sha256 }

    /// Whether a file name is that of a blob in the directory `prefix`: anything else there is not ours and stays.
    static func isBlob(_ name: String, in prefix: String) -> Bool {
        name.utf8.count == 64 && name.hasPrefix(prefix) && name.utf8.allSatisfy { (0x30...0x39).contains($0) || (0x61...0x66).contains($0) }
    }

    /// A tenant as a directory name: everything but letters, digits, `_` and `-` is percent-encoded, so that no name can
    /// leave the directory, be hidden, or be mistaken for `incoming`.
    static func encode(_ tenant: String) -> String {
        if tenant == "incoming" { return "%69ncoming" }
        var bytes: [UInt8] = []
        for byte in tenant.utf8 {
            if isPlain(byte) {
                bytes.append(byte)
            } else {
                bytes += [UInt8(ascii: "%"), hexDigits[Int(byte >> 4)], hexDigits[Int(byte & 15)]]
            }
        }
        return String(decoding: bytes, as: UTF8.self)
    }

    /// The tenant of a directory; nil if ``encode(_:)`` did not make its name.
    static func decode(_ name: String) -> String? {
        var bytes: [UInt8] = []
        var rest = Array(name.utf8)[...]
        while let byte = rest.popFirst() {
            guard byte == UInt8(ascii: "%") else {
                bytes.append(byte)
                continue
            }
            guard let number = UInt8(String(decoding: rest.prefix(2), as: UTF8.self), radix: 16) else { return nil }
            bytes.append(number)
            rest = rest.dropFirst(2)
        }
        guard let tenant = String(validating: bytes, as: UTF8.self), encode(tenant) == name else { return nil }
        return tenant
    }

    private static let hexDigits = Array("0123456789ABCDEF".utf8)

    private static func isPlain(_ byte: UInt8) -> Bool {
        switch byte {
        case UInt8(ascii: "a")...UInt8(ascii: "z"), UInt8(ascii: "A")...UInt8(ascii: "Z"), UInt8(ascii: "0")...UInt8(ascii: "9"): true
        default: byte == UInt8(ascii: "_") || byte == UInt8(ascii: "-")
        }
    }
}
