import Synchronization
import Testing
import Workloads

@Suite("A hostile archive gets nothing")
struct ArchiveHostilityTests {
    @Test(
        "paths that lead elsewhere are refused, and the rest is read",
        arguments: [
            ("/etc/passwd", "absolute_path"), ("../x.conf", "parent_path"), ("etc/../../x.conf", "parent_path"), ("etc/..", "parent_path"),
            ("a\\..\\..\\x.conf", "parent_path"), ("\\\\host\\share\\x.conf", "absolute_path"),
        ])
    func paths(path: String, reason: String) throws {
        var tar = TarBytes()
        tar.add(path, Array("[evil]\n".utf8))
        tar.add("good.conf", Array("[good]\n".utf8))
        let read = try ReadArchive(tar.bytes)
        #expect(read.rejections == ["\(path) \(reason)"])
        #expect(read.members == [.init(path: "good.conf", text: "[good]\n")])
        #expect(read.error == nil)
    }

    @Test("the same in a zip file")
    func zipPaths() throws {
        let read = try ReadArchive(ZipBytes([("../x.conf", "[evil]"), ("/y.conf", "[evil]"), ("good.conf", "[good]\n")]).bytes)
        #expect(read.rejections == ["../x.conf parent_path", "/y.conf absolute_path"])
        #expect(read.members.map(\.path) == ["good.conf"])
    }

    @Test("names that only resemble such paths are names", arguments: ["..x/y.conf", "a../b.conf", "a/...conf", "C:\\etc\\x.conf"])
    func harmless(path: String) throws {
        #expect(try ReadArchive(TarBytes([(path, "[a]\n")]).bytes).members.map(\.path) == [path])
    }

    @Test(
        "links and devices are refused",
        arguments: [
            ("1", "link"), ("2", "link"), ("3", "device"), ("4", "device"), ("6", "device"),
        ] as [(Character, String)])
    func kinds(type: Character, reason: String) throws {
        var tar = TarBytes()
        tar.add("x.conf", type: type, link: "/etc/passwd")
        #expect(try ReadArchive(tar.bytes).rejections == ["x.conf \(reason)"])
    }

    @Test("a symbolic link in a zip file is refused")
    func zipLink() throws {
        var zip = ZipBytes()
        zip.add("x.conf", Array("/etc/passwd".utf8), mode: 0o120777)
        #expect(try ReadArchive(zip.bytes).rejections == ["x.conf link"])
    }

    @Test("directories are neither refused nor read")
    func directories() throws {
        var tar = TarBytes()
        tar.add("./", type: "5")
        tar.add("etc/", type: "5")
        let read = try ReadArchive(tar.bytes)
        #expect(read.error == nil && read.members.isEmpty && read.rejections.isEmpty)
    }

    @Test("a name that is not UTF-8 is refused")
    func names() throws {
        var tar = TarBytes()
        tar.add(rawName: [0x63, 0xE9, 0x2E], Array("[a]\n".utf8))
        var flagged = ZipBytes()
        flagged.add(rawName: [0x63, 0xE9, 0x2E], Array("[a]\n".utf8), flags: 0x800)
        for bytes in [tar.bytes, flagged.bytes] {
            let read = try ReadArchive(bytes)
            #expect(read.rejections.count == 1)
            #expect(read.rejections.first?.hasSuffix(" undecodable_name") == true)
            #expect(read.error == nil)
        }
    }

    @Test("an encrypted member is refused")
    func encrypted() throws {
        var zip = ZipBytes()
        zip.add("x.conf", [UInt8](repeating: 7, count: 40), flags: 1)
        zip.add("good.conf", Array("[good]\n".utf8))
        let read = try ReadArchive(zip.bytes)
        #expect(read.rejections == ["x.conf encrypted"])
        #expect(read.members.map(\.path) == ["good.conf"])
        #expect(read.error == nil)
    }

    @Test("more members than allowed end it", arguments: [ArchiveFormat.tar, .gzip, .zip])
    func entries(format: ArchiveFormat) throws {
        let files = (1...11).map { ("f\($0).conf", "[a]\n") }
        let bytes = format == .zip ? ZipBytes(files).bytes : try PackedBytes.pack(TarBytes(files).bytes, format)
        var limits = ArchiveLimits()
        limits.entries = 11
        #expect(try ReadArchive(bytes, limits: limits).code == nil)
        limits.entries = 10
        #expect(try ReadArchive(bytes, limits: limits).code == .tooManyEntries)
    }

    @Test("the default limit of members, in a few bytes")
    func manyEntries() throws {
        var part = TarBytes()
        for index in 0..<1_000 { part.add("etc/\(index)", type: "5") }
        let packed = try PackedBytes.pack(part.members, .gzip)
        let read = try ReadArchive(Array([[UInt8]](repeating: packed, count: 501).joined()))
        #expect(read.code == .tooManyEntries)
    }

    @Test("a member over the limit is not read, and the next one is", arguments: [ArchiveFormat.tar, .gzip, .zip])
    func memberSize(format: ArchiveFormat) throws {
        let files = [("big.conf", String(repeating: "x", count: 1001)), ("fits.conf", String(repeating: "y", count: 1000))]
        let bytes = format == .zip ? ZipBytes(files).bytes : try PackedBytes.pack(TarBytes(files).bytes, format)
        var limits = ArchiveLimits()
        limits.memberBytes = 1000
        let read = try ReadArchive(bytes, limits: limits)
        #expect(read.rejections == ["big.conf member_too_large"])
        #expect(read.members.map(\.path) == ["fits.conf"])
        #expect(read.error == nil)
    }

    @Test("an archive that unpacks to more than allowed ends there", arguments: [ArchiveFormat.tar, .gzip, .xz, .zip])
    func totalSize(format: ArchiveFormat) throws {
        let files = (1...8).map { ("f\($0).conf", String(repeating: "\($0)", count: 100_000)) }
        let bytes = format == .zip ? ZipBytes(files).bytes : try PackedBytes.pack(TarBytes(files).bytes, format)
        var limits = ArchiveLimits()
        limits.unpackedBytes = 500_000
        for wanted in [true, false] {
            let read = try ReadArchive(bytes, limits: limits, wants: { _ in wanted })
            #expect(read.code == .tooLarge)
            #expect(read.members.count < 8)
        }
    }

    @Test("a bomb is recognised by its ratio", arguments: [ArchiveFormat.gzip, .bzip2, .xz, .zstd])
    func ratio(format: ArchiveFormat) throws {
        var tar = TarBytes()
        for index in 1...20 { tar.add("f\(index)", [UInt8](repeating: 0, count: 1 << 20)) }
        let bytes = try PackedBytes.pack(tar.bytes, format)
        let read = try ReadArchive(bytes)
        #expect(read.code == .ratio)
        #expect(read.members.count <= 10)
    }

    @Test("small archives may be as dense as they like")
    func smallRatio() throws {
        var tar = TarBytes()
        tar.add("zeros", [UInt8](repeating: 0, count: 1 << 20))
        #expect(try ReadArchive(PackedBytes.pack(tar.bytes, .gzip)).code == nil)
    }

    @Test("a header that claims a huge member of which nothing follows is a cut archive")
    func lyingSize() throws {
        var tar = TarBytes()
        tar.add(rawName: Array("x.conf".utf8), Array("[a]\n".utf8), size: 60 << 20)
        #expect(try ReadArchive(tar.bytes).code == .truncated)
    }

    @Test("cancelling ends the call at hand", arguments: [ArchiveFormat.tar, .gzip, .zip])
    func cancel(format: ArchiveFormat) throws {
        let files = (1...8).map { ("f\($0).conf", String(repeating: "x", count: 400_000)) }
        let bytes = format == .zip ? ZipBytes(files).bytes : try PackedBytes.pack(TarBytes(files).bytes, format)
        for polls in [0, 3, 9] {
            let left = Mutex(polls)
            let read = try ReadArchive(
                bytes,
                isCancelled: {
                    left.withLock { left in
                        left -= 1
                        return left < 0
                    }
                })
            #expect(read.code == .cancelled)
        }
    }
}
