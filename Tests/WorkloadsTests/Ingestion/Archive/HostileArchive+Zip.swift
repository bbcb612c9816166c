import Workloads

extension HostileArchive {
    /// Whole zip files of all kinds, and members that are left out.
    static let zips: [HostileArchive] =
        [
            .init("zip, stored", .complete([target])) { zipFile { $0.add(target, text) }.bytes },
            .init("zip, deflated", .complete([target])) {
                try zipFile { $0.add(rawName: Array(target.utf8), try ZipBytes.deflated(text), unpacked: text, method: 8) }.bytes
            },
            .init("zip with 64-bit lengths", .complete([target])) {
                zipFile { $0.add(rawName: Array(target.utf8), text, isWide: true) }.bytes
            },
            .init("zip with a 64-bit end record", .complete()) {
                var zip = zipFile { _ in }
                zip.isWide = true
                return zip.bytes
            },
            .init("zip whose directory is in another order", .complete([target])) {
                var zip = zipFile { $0.add(target, text) }
                zip.reverseDirectory()
                return zip.bytes
            },
            .init("zip with a comment", .complete()) {
                var zip = zipFile { _ in }
                zip.comment = Array("made by hand".utf8)
                return zip.bytes
            },
            .init("zip with a name in code page 437", .complete(["etc/apps/größe/local/x.conf"])) {
                zipFile { $0.add(rawName: Array("etc/apps/gr".utf8) + [0x94, 0xE1] + Array("e/local/x.conf".utf8), text) }.bytes
            },
            .init("zip with a UTF-8 name and no flag", .complete(["etc/apps/größe/local/x.conf"])) {
                zipFile { $0.add(rawName: Array("etc/apps/größe/local/x.conf".utf8), text) }.bytes
            },
            .init("zip with a name in UTF-8 beside it", .complete(["etc/apps/größe/local/x.conf"])) {
                let name = Array("etc/apps/gr".utf8) + [0xF6, 0xDF] + Array("e/local/x.conf".utf8)
                let unicode = Array("etc/apps/größe/local/x.conf".utf8)
                let crc = CRC32.of(name)
                let field = [1] + (0..<4).map { UInt8(truncatingIfNeeded: crc >> ($0 * 8)) } + unicode
                return zipFile { $0.add(rawName: name, text, changeRecord: { $0.extra = [0x75, 0x70, UInt8(field.count), 0] + field }) }
                    .bytes
            },
            .init("zip with directories", .complete()) { zipFile { $0.add("etc/apps/x/", [], mode: 0o040755) }.bytes },
            .init("zip: path with ..", .complete(refused: [.parentPath])) { zipFile { $0.add("etc/../../x.conf", text) }.bytes },
            .init("zip: absolute path", .complete(refused: [.absolutePath])) { zipFile { $0.add("/etc/apps/x/local/x.conf", text) }.bytes },
            .init("zip: encrypted", .complete(refused: [.encrypted])) { zipFile { $0.add(target, text, flags: 1) }.bytes },
            .init("zip: everything encrypted", .only([], refused: [.encrypted, .encrypted])) {
                var zip = ZipBytes()
                zip.add("etc/apps/x/README.txt", text, flags: 1)
                zip.add("etc/apps/x/LICENSE", text, flags: 1, method: 99)
                return zip.bytes
            },
            .init("zip: symbolic link", .complete(refused: [.link])) {
                zipFile { $0.add(target, Array("/etc/passwd".utf8), mode: 0o120777) }.bytes
            },
            .init("zip: device", .complete(refused: [.device])) { zipFile { $0.add(target, [], mode: 0o020666) }.bytes },
            .init("zip: name that is not the UTF-8 that it says", .complete(refused: [.undecodableName])) {
                zipFile { $0.add(rawName: [0x63, 0xE9, 0x2E], text, flags: 0x800) }.bytes
            },
            .init("zip: no name", .complete(refused: [.undecodableName])) { zipFile { $0.add("", text) }.bytes },
            .init("zip: name with NUL", .complete(refused: [.controlCharacter])) { zipFile { $0.add("\(target)\0.txt", text) }.bytes },
            .init("zip: directory with data", .complete(refused: [.directoryWithData])) { zipFile { $0.add("\(target)/", text) }.bytes },
            .init("zip: member over the limit", .complete(refused: [.tooLarge]), isTight: true) {
                zipFile { $0.add(target, [UInt8](repeating: 0x61, count: 2_001)) }.bytes
            },
        ]
        + ZipBytes.Descriptor.allCases.map { descriptor in
            .init("zip with lengths behind the data, \(descriptor)", .complete([target])) {
                try zipFile {
                    $0.add(rawName: Array(target.utf8), try ZipBytes.deflated(text), unpacked: text, method: 8, descriptor: descriptor)
                }.bytes
            }
        }

    /// Zip files that are damaged, or say two things.
    static let zipContradictions: [HostileArchive] = [
        .init("zip: two names", .failed(.damaged)) { lying { $0.name[0] ^= 1 } },
        .init("zip: two methods", .failed(.damaged)) { lying { $0.method = 8 } },
        .init("zip: two checksums", .failed(.damaged)) { lying { $0.crc ^= 1 } },
        .init("zip: two packed lengths", .failed(.damaged)) { lying { $0.packed -= 1 } },
        .init("zip: two unpacked lengths", .failed(.damaged)) { lying { $0.unpacked += 1 } },
        .init("zip: encrypted or not", .failed(.damaged)) { lying { $0.flags |= 1 } },
        .init("zip: stored with two lengths", .failed(.damaged)) {
            zipFile { $0.add(rawName: Array(target.utf8), text, unpacked: text + text) }.bytes
        },
        .init("zip: unpacks to more than it says", .failed(.damaged)) { try misjudged(by: -1) },
        .init("zip: unpacks to less than it says", .failed(.damaged)) { try misjudged(by: 1) },
        .init("zip: wrong checksum", .failed(.checksum)) { zipFile { $0.add(target, text, wrongCRC: true) }.bytes },
        .init("zip: wrong checksum of a member that is not read", .failed(.checksum)) {
            zipFile { $0.add("etc/apps/x/bin/program", text, wrongCRC: true) }.bytes
        },
        .init("zip: deflated data that ends early", .failed(.damaged)) {
            try zipFile { $0.add(rawName: Array(target.utf8), Array(try ZipBytes.deflated(text).dropLast(3)), unpacked: text, method: 8) }
                .bytes
        },
        .init("zip: deflated data with something behind it", .failed(.damaged)) {
            try zipFile { $0.add(rawName: Array(target.utf8), try ZipBytes.deflated(text) + [0, 0, 0], unpacked: text, method: 8) }.bytes
        },
        .init("zip: two records for one place", .failed(.damaged)) {
            zipFile {
                $0.add(target, text)
                $0.add("etc/apps/y/local/y.conf", text, offset: 0)
            }.bytes
        },
        .init("zip: members that overlap, as in a bomb", .failed(.damaged)) { overlapping() },
        .init("zip: bytes between two members", .failed(.damaged)) { zipFile { $0.append(text) }.bytes },
        .init("zip: a member that the directory leaves out", .failed(.damaged)) {
            var zip = zipFile { $0.add(target, text) }
            zip.dropRecord(1)
            return zip.bytes
        },
        .init("zip: a record without member", .failed(.damaged)) { zipFile { $0.add(target, text, offset: 10) }.bytes },
        .init("zip: a member in the directory", .failed(.damaged)) { zipFile { $0.add(target, text, offset: 100_000) }.bytes },
        .init("zip: more members than it says", .failed(.damaged)) { counted(1) },
        .init("zip: fewer members than it says", .failed(.damaged)) { counted(3) },
        .init("zip: says that it has none", .failed(.damaged)) { counted(0) },
        .init("zip: a second end in the comment", .failed(.damaged)) {
            var zip = zipFile { _ in }
            zip.comment = ZipBytes().bytes
            return zip.bytes
        },
        .init("zip: a second directory and end in the comment", .failed(.damaged)) {
            var zip = zipFile { _ in }
            zip.comment = ZipBytes([(first, "[other]\n")]).bytes
            return zip.bytes
        },
        .init("zip: bytes before its end record", .failed(.damaged)) {
            var zip = zipFile { _ in }
            zip.gap = Array("gap".utf8)
            return zip.bytes
        },
        .init("zip: a program before it", .failed(.notAnArchive)) { Array("MZ".utf8) + zipFile { _ in }.bytes },
        .init("zip: data behind it", .failed(.trailingData)) { zipFile { _ in }.bytes + Array("tail".utf8) },
        .init("zip: cut off", .failed(.truncated)) { Array(zipFile { _ in }.bytes.dropLast(30)) },
        .init("zip: beginning cut off", .failed(.notAnArchive)) { Array(zipFile { _ in }.bytes.dropFirst(20)) },
        .init("zip: 64-bit end record missing", .failed(.damaged)) {
            var zip = zipFile { _ in }
            zip.isWide = true
            var bytes = zip.bytes
            bytes[bytes.count - 22 - 20 - 56] ^= 1
            return bytes
        },
        .init("zip: says another thing behind the data", .failed(.damaged)) {
            var bytes = zipFile { $0.add(rawName: Array(target.utf8), text, descriptor: .signed) }.bytes
            let place = 30 + first.utf8.count + text.count + 30 + target.utf8.count + text.count + 4
            bytes[place] ^= 1
            return bytes
        },
        .init("zip: method that nobody knows", .failed(.unsupported)) { zipFile { $0.add(target, text, method: 77) }.bytes },
        .init("zip: LZMA, which may ask for gigabytes", .failed(.unsupported)) { zipFile { $0.add(target, text, method: 14) }.bytes },
        .init("zip: a patch", .failed(.unsupported)) { zipFile { $0.add(target, text, flags: 0x20) }.bytes },
        .init("zip: part of several", .failed(.unsupported)) {
            var bytes = zipFile { _ in }.bytes
            bytes[bytes.count - 18] = 1
            return bytes
        },
        .init("zip bomb", .failed(.ratio)) {
            let zeros = [UInt8](repeating: 0, count: 11 << 20)
            return try zipFile { $0.add(rawName: Array("etc/zeros".utf8), try ZipBytes.deflated(zeros), unpacked: zeros, method: 8) }.bytes
        },
        .init("zip: more members than allowed", .failed(.tooManyEntries), isTight: true) {
            zipFile { zip in
                for index in 0..<20 { zip.add("etc/apps/x/local/x\(index).conf", text) }
            }.bytes
        },
        .init("zip: more data than allowed", .failed(.tooLarge), isTight: true) {
            zipFile { $0.add("etc/apps/x/bin/program", [UInt8](repeating: 0x61, count: 100_001)) }.bytes
        },
    ]

    /// Empty ones, and what only looks like an archive.
    static let others: [HostileArchive] = [
        .init("tar without members", .only([])) { TarBytes().bytes },
        .init("zip without members", .only([])) { ZipBytes().bytes },
        .init("archive of directories", .only([])) {
            var tar = TarBytes()
            tar.add("etc/apps/", type: "5")
            return tar.bytes
        },
        .init("archive without configuration", .only([])) {
            TarBytes([("etc/apps/a/README.txt", "text"), ("etc/apps/a/bin/x.py", "")]).bytes
        },
        .init("7-Zip", .failed(.unsupported)) { [0x37, 0x7A, 0xBC, 0xAF, 0x27, 0x1C, 0, 4] + [UInt8](repeating: 7, count: 600) },
        .init("RAR", .failed(.unsupported)) { Array("Rar!\u{1A}\u{07}\u{01}".utf8) + [UInt8](repeating: 7, count: 600) },
        .init("noise", .failed(.notAnArchive)) { (0..<2_000).map { UInt8(truncatingIfNeeded: $0 &* 2_654_435_761 >> 7) } },
        .init("a program", .failed(.notAnArchive)) { [0x7F, 0x45, 0x4C, 0x46, 2, 1, 1] + [UInt8](repeating: 0, count: 2_000) },
    ]

    // MARK: - Parts

    /// A zip file whose middle member's directory record says something else than its local header.
    private static func lying(_ change: (inout ZipBytes.Header) -> Void) -> [UInt8] {
        zipFile { $0.add(rawName: Array(target.utf8), text, changeRecord: change) }.bytes
    }

    /// A member whose length is wrong in both places.
    private static func misjudged(by difference: Int) throws -> [UInt8] {
        try zipFile { zip in
            let change = { (header: inout ZipBytes.Header) in header.unpacked += difference }
            zip.add(
                rawName: Array(target.utf8), try ZipBytes.deflated(text), unpacked: text, method: 8, changeLocal: change,
                changeRecord: change)
        }.bytes
    }

    private static func counted(_ count: Int) -> [UInt8] {
        var zip = zipFile { _ in }
        zip.claimedCount = count
        return zip.bytes
    }

    /// Every member's data holds the next member, header and all, so that each byte is unpacked again and again.
    private static func overlapping() -> [UInt8] {
        let inner = ZipBytes([(target, "[x]\n")])
        var decoy = ZipBytes()
        decoy.add(target, Array("[x]\n".utf8), offset: 30 + first.utf8.count)
        var zip = ZipBytes()
        zip.add(first, inner.locals)
        // The directory points into the first member's data; there is no other second member.
        zip.addRecord(decoy.directory[0])
        return zip.bytes
    }
}
