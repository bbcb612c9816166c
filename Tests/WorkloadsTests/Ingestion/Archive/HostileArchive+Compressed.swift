import Workloads

extension HostileArchive {
    /// What compression does to a tar archive, and what others do to the compression.
    static let compressed: [HostileArchive] =
        [ArchiveFormat.gzip, .bzip2, .xz, .zstd].flatMap { format -> [HostileArchive] in
            [
                .init("\(format.rawValue), whole", .complete()) { try PackedBytes.pack(tarFile { _ in }.bytes, format) },
                .init("\(format.rawValue), cut off", .failed(.truncated)) {
                    Array(try PackedBytes.pack(tarFile { _ in }.bytes, format).dropLast(9))
                },
                .init("\(format.rawValue), whole data of a cut archive", .failed(.truncated)) {
                    try PackedBytes.pack(Array(tarFile { _ in }.members.dropLast(1024)), format)
                },
                .init("\(format.rawValue) of something that is no archive", .failed(.notAnArchive)) { try PackedBytes.pack(text, format) },
                .init("\(format.rawValue) within \(format.rawValue)", [.gzip, .xz].contains(format) ? .failed(.notAnArchive) : .complete())
                {
                    try PackedBytes.pack(PackedBytes.pack(tarFile { _ in }.bytes, format), format)
                },
                .init("\(format.rawValue) bomb", .failed(.ratio)) {
                    try PackedBytes.pack(tarFile { $0.add("etc/zeros", [UInt8](repeating: 0, count: 11 << 20)) }.bytes, format)
                },
            ]
        } + [
            .init("gzip of several members", .complete()) {
                let bytes = tarFile { _ in }.bytes
                return try PackedBytes.pack(Array(bytes[..<700]), .gzip) + PackedBytes.pack(Array(bytes[700...]), .gzip)
            },
            .init("gzip of 100,000 empty members before the archive", .complete()) {
                let empty = try PackedBytes.pack([], .gzip)
                return try Array([[UInt8]](repeating: empty, count: 100_000).joined()) + PackedBytes.pack(tarFile { _ in }.bytes, .gzip)
            },
            .init("gzip of two archives", .failed(.trailingData)) {
                let whole = try PackedBytes.pack(tarFile { _ in }.bytes, .gzip)
                return whole + whole
            },
            .init("wrong checksum of gzip", .failed(.checksum)) { try changed(.gzip, fromEnd: 8) },
            .init("wrong length of gzip", .failed(.checksum)) { try changed(.gzip, fromEnd: 1) },
            .init("unknown flags of gzip", .failed(.damaged)) {
                var bytes = try PackedBytes.pack(tarFile { _ in }.bytes, .gzip)
                bytes[3] |= 0x80
                return bytes
            },
            .init("data behind gzip", .failed(.trailingData)) { try PackedBytes.pack(tarFile { _ in }.bytes, .gzip) + Array("tail".utf8) },
            .init("data behind bzip2", .failed(.trailingData)) {
                try PackedBytes.pack(tarFile { _ in }.bytes, .bzip2) + Array("tail".utf8)
            },
            .init("data behind xz", .failed(.damaged)) {
                try PackedBytes.pack(tarFile { _ in }.bytes, .xz) + [UInt8](repeating: 7, count: 40)
            },
            .init("xz that asks for 4 GiB of memory", .failed(.unsupported)) { try greedyXZ() },
        ]

    private static func changed(_ format: ArchiveFormat, fromEnd offset: Int) throws -> [UInt8] {
        var bytes = try PackedBytes.pack(tarFile { _ in }.bytes, format)
        bytes[bytes.count - offset] ^= 0x10
        return bytes
    }

    /// A block header with the largest dictionary there is, and its checksum made right again.
    private static func greedyXZ() throws -> [UInt8] {
        var bytes = try PackedBytes.pack(tarFile { _ in }.bytes, .xz)
        let header = 12
        let length = (Int(bytes[header]) + 1) * 4
        guard let filter = (header..<(header + length - 2)).first(where: { bytes[$0] == 0x21 && bytes[$0 + 1] == 1 }) else {
            throw PackedBytes.PackingFailed()
        }
        bytes[filter + 2] = 40
        let crc = CRC32.of(Array(bytes[header..<(header + length - 4)]))
        for index in 0..<4 { bytes[header + length - 4 + index] = UInt8(truncatingIfNeeded: crc >> (index * 8)) }
        return bytes
    }
}
