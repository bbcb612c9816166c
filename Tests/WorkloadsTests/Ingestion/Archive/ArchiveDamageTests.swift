import Testing
import Workloads

/// A damaged archive must never look whole: whatever is cut off, flipped or added, reading ends with an error or gives
/// exactly what the whole archive gives.
@Suite("A damaged archive is never taken for a whole one")
struct ArchiveDamageTests {
    private static let files = [("etc/apps/a/default/app.conf", "[a]\nx = 1\n"), ("etc/apps/b/default/b.conf", "[b]\ny = 2\n")]
    private static let members = files.map { ReadArchive.Member(path: $0.0, text: $0.1) }

    @Test("a file cut off at any byte", arguments: ArchiveFormat.allCases)
    func cut(format: ArchiveFormat) throws {
        let whole = format == .zip ? ZipBytes(Self.files).bytes : try PackedBytes.pack(TarBytes(Self.files).bytes, format)
        for length in stride(from: 0, to: whole.count, by: format == .tar ? 16 : 1) {
            let read = try ReadArchive(Array(whole[..<length]))
            #expect(read.error != nil, "cut at \(length) of \(whole.count)")
        }
    }

    @Test("a tar archive cut off between two members, inside gzip data that is whole", arguments: [0, 512, 1023])
    func cutBetweenMembers(zeros: Int) throws {
        let tar = TarBytes(Self.files)
        let cut = Array(tar.members[..<tar.offsets[1]]) + [UInt8](repeating: 0, count: zeros)
        for format in [ArchiveFormat.tar, .gzip, .bzip2, .xz, .zstd] {
            let read = try ReadArchive(PackedBytes.pack(cut, format))
            #expect(read.code == .truncated)
        }
    }

    @Test("zeros at the end of the last member are no end mark")
    func zerosAreNoEnd() throws {
        var tar = TarBytes()
        tar.add("zeros", [UInt8](repeating: 0, count: 4096))
        #expect(try ReadArchive(tar.members).code == .truncated)
        #expect(try ReadArchive(tar.bytes).code == nil)
    }

    @Test("any bit of gzip data")
    func flippedBit() throws {
        let whole = try PackedBytes.pack(TarBytes(Self.files).bytes, .gzip)
        for bit in 0..<(whole.count * 8) {
            var damaged = whole
            damaged[bit / 8] ^= 1 << (bit % 8)
            let read = try ReadArchive(damaged)
            // Time stamp and system in the gzip header are covered by no checksum and mean nothing here.
            #expect(read.error != nil || read.members == Self.members, "bit \(bit)")
        }
    }

    @Test("any bit of a zip member's data, also of a member that nobody reads")
    func flippedZipBit() throws {
        let zip = ZipBytes(Self.files)
        let whole = zip.bytes
        let start = 30 + Self.files[0].0.utf8.count
        for bit in (start * 8)..<((start + Self.files[0].1.utf8.count) * 8) {
            var damaged = whole
            damaged[bit / 8] ^= 1 << (bit % 8)
            #expect(try ReadArchive(damaged).code == .checksum)
            #expect(try ReadArchive(damaged, wants: { _ in false }).code == .checksum)
        }
    }

    @Test("wrong checksum and wrong length in the gzip trailer")
    func gzipTrailer() throws {
        let whole = try PackedBytes.pack(TarBytes(Self.files).bytes, .gzip)
        for offset in 1...8 {
            var damaged = whole
            damaged[whole.count - offset] ^= 0x10
            #expect(try ReadArchive(damaged).code == .checksum)
        }
    }

    @Test("a tar header that is none")
    func tarHeader() throws {
        let tar = TarBytes(Self.files)
        var damaged = tar.bytes
        damaged[tar.offsets[1] + 2] ^= 1
        let read = try ReadArchive(damaged)
        #expect(read.code == .checksum)
        #expect(read.members == [Self.members[0]])
        #expect(read.error?.member == Self.members[0].path)
        #expect((read.error?.position ?? 0) > 0)
    }

    @Test("data behind the end", arguments: ArchiveFormat.allCases)
    func trailing(format: ArchiveFormat) throws {
        let whole = format == .zip ? ZipBytes(Self.files).bytes : try PackedBytes.pack(TarBytes(Self.files).bytes, format)
        let read = try ReadArchive(whole + Array("tail".utf8))
        #expect(read.error != nil)
        if [.tar, .gzip, .bzip2, .zip].contains(format) { #expect(read.code == .trailingData) }
    }

    @Test("one archive behind another")
    func twoArchives() throws {
        let tar = TarBytes(Self.files).bytes
        #expect(try ReadArchive(tar + tar).code == .trailingData)
        #expect(try ReadArchive(PackedBytes.pack(tar, .gzip) + PackedBytes.pack(tar, .gzip)).code == .trailingData)
    }

    @Test("a zip member with a wrong checksum")
    func zipChecksum() throws {
        var zip = ZipBytes(Self.files)
        zip.add("c.conf", Array("[c]\n".utf8), wrongCRC: true)
        let read = try ReadArchive(zip.bytes)
        #expect(read.code == .checksum)
        #expect(read.error?.member == "c.conf")
    }

    @Test("a zip file whose comment hides its end record")
    func hiddenEnd() throws {
        var zip = ZipBytes(Self.files)
        zip.comment = ZipBytes().bytes
        #expect(try ReadArchive(zip.bytes).code == .damaged)
    }

    @Test("a zip file that claims fewer or more members than it has", arguments: [0, 1, 3])
    func zipCount(claimed: Int) throws {
        var zip = ZipBytes(Self.files)
        zip.claimedCount = claimed
        #expect(try ReadArchive(zip.bytes).code == .damaged)
    }

    @Test("a zip file with bytes between its directory and its end")
    func zipGap() throws {
        var zip = ZipBytes(Self.files)
        zip.gap = Array("gap".utf8)
        #expect(try ReadArchive(zip.bytes).code == .damaged)
    }

    @Test("a zip file without its beginning, or without its end")
    func zipParts() throws {
        let whole = ZipBytes(Self.files).bytes
        #expect(try ReadArchive(Array(whole.dropLast(22))).code == .truncated)
        #expect(try ReadArchive(Array(whole[0..<4]) + Array(whole[60...])).code != nil)
    }

    @Test("a compression method that nobody knows")
    func zipMethod() throws {
        var zip = ZipBytes()
        zip.add("c.conf", Array("[c]\n".utf8), method: 77)
        #expect(try ReadArchive(zip.bytes).code == .unsupported)
    }
}
