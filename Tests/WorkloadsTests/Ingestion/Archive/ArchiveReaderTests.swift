import Testing
import Workloads

@Suite("The archive reader reads what is whole")
struct ArchiveReaderTests {
    static let files = [
        ("etc/apps/a/default/app.conf", "[a]\nx = 1\n"), ("etc/leer", ""), ("etc/größe.conf", String(repeating: "[b]\n", count: 300)),
    ]
    static let members = files.map { ReadArchive.Member(path: $0.0, text: $0.1) }

    @Test("tar in every compression", arguments: ArchiveFormat.allCases.filter { $0 != .zip })
    func tar(format: ArchiveFormat) throws {
        let read = try ReadArchive(PackedBytes.pack(TarBytes(Self.files).bytes, format))
        #expect(read.error == nil)
        #expect(read.format == format)
        #expect(read.members == Self.members)
    }

    @Test("zip, also with names that are not ASCII")
    func zip() throws {
        let read = try ReadArchive(ZipBytes(Self.files).bytes)
        #expect(read.error == nil)
        #expect(read.format == .zip)
        #expect(read.members == Self.members)
    }

    @Test("members whose data nobody asks for are passed over", arguments: [ArchiveFormat.tar, .gzip, .zip])
    func skipping(format: ArchiveFormat) throws {
        let bytes = format == .zip ? ZipBytes(Self.files).bytes : try PackedBytes.pack(TarBytes(Self.files).bytes, format)
        let read = try ReadArchive(bytes, wants: { $0.hasSuffix("app.conf") })
        #expect(read.error == nil)
        #expect(read.members == [Self.members[0]])
    }

    @Test("archives that hold nothing", arguments: [TarBytes().bytes, ZipBytes().bytes, [UInt8](repeating: 0, count: 10_240)])
    func empty(bytes: [UInt8]) throws {
        let read = try ReadArchive(bytes)
        #expect(read.error == nil)
        #expect(read.members.isEmpty)
    }

    @Test("padding behind the end is no damage")
    func padding() throws {
        let zeros = [UInt8](repeating: 0, count: 9_216)
        let tar = TarBytes(Self.files).bytes
        #expect(try ReadArchive(tar + zeros).members == Self.members)
        #expect(try ReadArchive(PackedBytes.pack(tar, .gzip) + zeros).members == Self.members)
    }

    @Test("gzip data may come in several members")
    func severalGzipMembers() throws {
        let tar = TarBytes(Self.files).bytes
        for cut in [0, 1, 512, 700, tar.count] {
            let read = try ReadArchive(PackedBytes.pack(Array(tar[..<cut]), .gzip) + PackedBytes.pack(Array(tar[cut...]), .gzip))
            #expect(read.error == nil)
            #expect(read.members == Self.members)
        }
    }

    @Test("a zip file may have a comment")
    func zipComment() throws {
        var zip = ZipBytes(Self.files)
        zip.comment = Array("made by hand".utf8)
        #expect(try ReadArchive(zip.bytes).members == Self.members)
    }

    @Test(
        "what is no archive is told from one by its content",
        arguments: ["", "x", "[a]\nx = 1\n", "BZh = 1\n", "PK = 1", String(repeating: "x = 1\n", count: 200)])
    func noArchive(text: String) throws {
        let read = try ReadArchive(Array(text.utf8))
        #expect(read.code == .notAnArchive)
    }

    @Test("compressed data that holds no tar is no archive", arguments: ["", "x", "[a]\nx = 1\n"])
    func compressedText(text: String) throws {
        for format in [ArchiveFormat.gzip, .bzip2, .zstd] {
            #expect(try ReadArchive(PackedBytes.pack(Array(text.utf8), format)).code == .notAnArchive)
        }
    }

    @Test("a file that is not there is said to be unreadable")
    func missing() {
        #expect(throws: ArchiveError.self) { try ArchiveReader(path: "/nonexistent/archive", isCancelled: { false }) }
        #expect(throws: ArchiveError.self) { try ArchiveFormat.detect(path: "/") }
    }

    @Test("progress is told in bytes of the file, which at the end are all of it")
    func progress() throws {
        let tar = TarBytes(Self.files).bytes
        let packed = try PackedBytes.pack(tar, .gzip)
        #expect(try ReadArchive(packed).progress == [Int64(packed.count), Int64(packed.count), 3, Int64(tar.count)])
    }
}
