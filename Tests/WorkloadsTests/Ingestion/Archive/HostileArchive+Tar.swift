import Workloads

extension HostileArchive {
    /// Whole tar archives of all formats, of which nothing may be lost.
    static let tarsOfOtherKinds: [HostileArchive] = [
        .init("tar of the seventh edition", .complete([target])) { tarFile { $0.add(target, text, patch: TarBytes.v7) }.bytes },
        .init("tar of the seventh edition with NUL as type", .complete([target])) {
            tarFile { $0.add(target, text, type: "\0", patch: TarBytes.v7) }.bytes
        },
        .init("GNU long name and long link", .complete(["etc/apps/\(String(repeating: "l", count: 120))/local/x.conf"])) {
            tarFile {
                $0.addLong("etc/apps/\(String(repeating: "l", count: 120))/local/x.conf")
                $0.addLong("whatever", type: "K")
                $0.add("etc/apps/lll", text, patch: TarBytes.gnu)
            }.bytes
        },
        .init("name with a prefix", .complete([target])) {
            tarFile { $0.add("local/x.conf", text, patch: [345: Array("etc/apps/x".utf8)]) }.bytes
        },
        .init("pax name", .complete(["etc/apps/größe/local/x.conf"])) {
            tarFile {
                $0.addPax([("mtime", "1.5"), ("path", "etc/apps/größe/local/x.conf")])
                $0.add("x", text)
            }.bytes
        },
        .init("pax length as in the header", .complete([target])) {
            tarFile {
                $0.addPax([("size", String(text.count))])
                $0.add(target, text)
            }.bytes
        },
        .init("pax owner that is no UTF-8", .complete([target])) {
            tarFile {
                $0.addPax(raw: TarBytes.paxRecord("uname", [0x63, 0xE9]))
                $0.add(target, text)
            }.bytes
        },
        .init("binary length", .complete([target])) {
            tarFile { $0.add(target, text, patch: TarBytes.binarySize(Int64(text.count))) }.bytes
        },
        .init("a global comment, as git writes", .complete([target])) {
            tarFile {
                $0.addPax([("comment", "0123456789abcdef")], type: "g")
                $0.add(target, text)
            }.bytes
        },
        .init("10,000 global comments", .complete([target])) {
            tarFile { tar in
                for _ in 0..<10_000 { tar.addPax([("comment", "x")], type: "g") }
                tar.add(target, text)
            }.bytes
        },
        .init("a volume's label", .complete()) { tarFile { $0.add("label", type: "V", patch: TarBytes.gnu) }.bytes },
        .init("a type that nobody knows is a file", .complete([target])) { tarFile { $0.add(target, text, type: "Z") }.bytes },
        .init("padding to a record", .complete()) { tarFile { _ in }.bytes + [UInt8](repeating: 0, count: 10_239) },
        .init("drive letter", .complete([#"C:\Splunk\etc\apps\x\local\x.conf"#])) {
            tarFile { $0.add(#"C:\Splunk\etc\apps\x\local\x.conf"#, text) }.bytes
        },
        .init("the same path three times", .complete([target, "./etc/apps//x/local/x.conf", target])) {
            tarFile {
                $0.add(target, text)
                $0.add("./etc/apps//x/local/x.conf", text)
                $0.add(target, text)
            }.bytes
        },
        .init("archives within the archive", .complete()) {
            tarFile {
                $0.add("etc/apps/x/local/inner.tar", tarFile { _ in }.bytes)
                $0.add("etc/apps/x/local/inner.zip", zipFile { _ in }.bytes)
            }.bytes
        },
    ]

    /// Members that are left out, each with its reason, and the rest is read.
    static let tarMembers: [HostileArchive] = [
        .init("absolute path", .complete(refused: [.absolutePath])) { tarFile { $0.add("/etc/apps/x/local/x.conf", text) }.bytes },
        .init("path with ..", .complete(refused: [.parentPath])) { tarFile { $0.add("etc/apps/x/local/../../../../x.conf", text) }.bytes },
        .init("path with .. by prefix", .complete(refused: [.parentPath])) {
            tarFile { $0.add("local/x.conf", text, patch: [345: Array("../../apps/x".utf8)]) }.bytes
        },
        .init("path with .. by pax", .complete(refused: [.parentPath])) {
            tarFile {
                $0.addPax([("path", "../x.conf")])
                $0.add(target, text)
            }.bytes
        },
        .init("path with .. of Windows", .complete(refused: [.parentPath])) { tarFile { $0.add(#"a\..\..\x.conf"#, text) }.bytes },
        .init("path on another host", .complete(refused: [.absolutePath])) { tarFile { $0.add(#"\\host\share\x.conf"#, text) }.bytes },
        .init("symbolic link to outside", .complete(refused: [.link])) { tarFile { $0.add(target, type: "2", link: "/etc/passwd") }.bytes },
        .init("hard link to outside", .complete(refused: [.link])) {
            tarFile { $0.add(target, type: "1", link: "../../etc/passwd") }.bytes
        },
        .init("a link and a file that would go through it", .complete(["etc/apps/x/local/x.conf"], refused: [.link])) {
            tarFile {
                $0.add("etc/apps/x/local", type: "2", link: "/tmp")
                $0.add("etc/apps/x/local/x.conf", text)
            }.bytes
        },
        .init("character device", .complete(refused: [.device])) { tarFile { $0.add(target, type: "3") }.bytes },
        .init("block device", .complete(refused: [.device])) { tarFile { $0.add(target, type: "4") }.bytes },
        .init("pipe", .complete(refused: [.device])) { tarFile { $0.add(target, type: "6") }.bytes },
        .init("name that is not UTF-8", .complete(refused: [.undecodableName])) {
            tarFile { $0.add(rawName: [0x63, 0xE9, 0x2E, 0x63, 0x6F, 0x6E, 0x66], text) }.bytes
        },
        .init("no name", .complete(refused: [.undecodableName])) { tarFile { $0.add("", text) }.bytes },
        .init("name with NUL", .complete(refused: [.controlCharacter])) {
            tarFile {
                $0.addPax(raw: TarBytes.paxRecord("path", Array("\(target)\0.txt".utf8)))
                $0.add("x", text)
            }.bytes
        },
        .init("name that colours the terminal", .complete(refused: [.controlCharacter])) {
            tarFile { $0.add("etc/apps/x/local/\u{1B}[31m.conf", text) }.bytes
        },
        .init("sparse file of GNU", .complete(refused: [.sparse])) {
            tarFile {
                let map = [386: Array("00000000000".utf8), 398: Array("00000000020".utf8), 483: Array("00000000020".utf8)]
                $0.add(target, text, type: "S", patch: TarBytes.gnu.merging(map) { old, _ in old })
            }.bytes
        },
        .init("sparse file of GNU with a long map", .complete(refused: [.sparse])) {
            tarFile {
                let block = [UInt8](repeating: 0, count: 512)
                $0.add(target, type: "S", patch: TarBytes.gnu.merging([482: [1]]) { old, _ in old })
                $0.append(block[..<504] + [1] + block[505...] + block)
            }.bytes
        },
        .init("sparse file of pax, of many exabytes", .complete(refused: [.sparse])) {
            tarFile {
                $0.addPax([
                    ("GNU.sparse.major", "1"), ("GNU.sparse.minor", "0"), ("GNU.sparse.name", target),
                    ("GNU.sparse.realsize", "9000000000000000000"),
                ])
                $0.add("GNUSparseFile.0/x.conf", Array("1\n0\n0\n".utf8))
            }.bytes
        },
        .init("member over the limit", .complete(refused: [.tooLarge]), isTight: true) {
            tarFile { $0.add(target, [UInt8](repeating: 0x61, count: 2_001)) }.bytes
        },
    ]

    /// Tar archives that are damaged, or say things that cannot be.
    static let tars: [HostileArchive] =
        [
            .init("wrong checksum of a header", .failed(.checksum)) {
                tarFile { $0.add(rawName: Array(target.utf8), text, checksum: 1) }.bytes
            },
            .init("wrong checksum of the first header", .failed(.checksum)) {
                var bytes = tarFile { _ in }.bytes
                bytes[3] ^= 1
                return bytes
            },
            .init("cut within a member", .failed(.truncated)) { Array(tarFile { _ in }.members.dropLast(500)) },
            .init("cut within a header", .failed(.truncated)) { Array(tarFile { _ in }.members.dropLast(600)) },
            .init("cut between two members", .failed(.truncated)) { Array(tarFile { _ in }.members.dropLast(1024)) },
            .init("no end mark", .failed(.truncated)) { tarFile { _ in }.members },
            .init("half an end mark", .failed(.truncated)) { tarFile { _ in }.members + [UInt8](repeating: 0, count: 512) },
            .init("one block of zeros, then more members", .failed(.trailingData)) {
                tarFile { _ in }.members + [UInt8](repeating: 0, count: 512) + tarFile { _ in }.bytes
            },
            .init("two archives", .failed(.trailingData)) { tarFile { _ in }.bytes + tarFile { _ in }.bytes },
            .init("data behind the end", .failed(.trailingData)) { tarFile { _ in }.bytes + Array("tail".utf8) },
            .init("nothing but zeros where members were", .failed(.damaged)) {
                tarFile { _ in }.bytes + [UInt8](repeating: 0, count: 5 << 20)
            },
            .init("length of 2^50", .failed(.truncated)) { tarFile { $0.add(target, text, patch: TarBytes.binarySize(1 << 50)) }.bytes },
            .init("length of 2^63 - 1", .failed(.truncated)) { tarFile { $0.add(target, text, patch: TarBytes.binarySize(.max)) }.bytes },
            .init("negative length", .failed(.damaged)) { tarFile { $0.add(target, text, patch: TarBytes.binarySize(-512)) }.bytes },
            .init("length that is no number", .failed(.damaged)) {
                tarFile { $0.add(target, text, patch: [124: Array("0000000abcd".utf8)]) }.bytes
            },
            .init("length that is too small", .failed(.damaged)) {
                tarFile { $0.add(rawName: Array(target.utf8), text + [UInt8](repeating: 0x61, count: 1_000), size: 3) }.bytes
            },
            .init("length that is too large", .failed(.truncated)) {
                tarFile { $0.add(rawName: Array(target.utf8), text, size: 60 << 20) }.bytes
            },
            .init("length that swallows the next member", .failed(.damaged)) {
                tarFile {
                    $0.addPax([("size", "1040")])
                    $0.add(target, text)
                }.bytes
            },
            .init("pax length with junk", .failed(.damaged)) {
                tarFile {
                    $0.addPax([("size", "\(text.count)abc")])
                    $0.add(target, text)
                }.bytes
            },
            .init("pax length beyond 64 bits", .failed(.damaged)) {
                tarFile {
                    $0.addPax([("size", "99999999999999999999")])
                    $0.add(target, text)
                }.bytes
            },
        ]
        + ["99 path=x\n", "5 path=x\n", "0 path=x\n", "-1 path=x\n", "99999999999999999999 path=x\n", "path=x\n", "7 path\n", "4 =\n"].map {
            record in
            .init("pax record '\(record.dropLast())'", .failed(.damaged)) {
                tarFile {
                    $0.addPax(raw: Array(record.utf8))
                    $0.add(target, text)
                }.bytes
            }
        } + [
            .init("pax records of 2 MiB", .failed(.damaged)) {
                tarFile {
                    $0.addPax([("comment", String(repeating: "x", count: 2 << 20))])
                    $0.add(target, text)
                }.bytes
            },
            .init("pax records that claim 200 MiB", .failed(.damaged)) {
                tarFile {
                    $0.addPax(raw: Array("8 a=bcd\n".utf8), size: 200 << 20)
                    $0.add(target, text)
                }.bytes
            },
            .init("two extended headers for one member", .failed(.damaged)) {
                tarFile {
                    $0.addPax([("path", "a.conf")])
                    $0.addPax([("path", "b.conf")])
                    $0.add(target, text)
                }.bytes
            },
            .init("an extended header without member", .failed(.damaged)) {
                var archive = tarFile { _ in }
                archive.addPax([("path", target)])
                return archive.bytes
            },
            .init("a global name", .failed(.unsupported)) {
                tarFile {
                    $0.addPax([("path", target)], type: "g")
                    $0.add("y.conf", text)
                }.bytes
            },
            .init("a global length", .failed(.unsupported)) {
                tarFile {
                    $0.addPax([("size", "0")], type: "g")
                    $0.add(target, text)
                }.bytes
            },
            .init("the continuation of another volume", .failed(.unsupported)) {
                tarFile { $0.add(target, text, type: "M", patch: TarBytes.gnu) }.bytes
            },
            .init("a directory with data", .failed(.damaged)) { tarFile { $0.add("etc/apps/x/", text, type: "5") }.bytes },
            .init("a pipe with data", .failed(.damaged)) { tarFile { $0.add(target, text, type: "6") }.bytes },
            .init("more members than allowed", .failed(.tooManyEntries), isTight: true) {
                tarFile { tar in
                    for index in 0..<20 { tar.add("etc/apps/x/local/x\(index).conf", text) }
                }.bytes
            },
            .init("more data than allowed", .failed(.tooLarge), isTight: true) {
                tarFile { $0.add("etc/apps/x/bin/program", [UInt8](repeating: 0x61, count: 100_000)) }.bytes
            },
        ]
}
