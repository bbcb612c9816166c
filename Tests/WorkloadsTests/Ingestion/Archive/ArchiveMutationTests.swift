import Foundation
import Testing
import Workloads

/// Small archives of every format, changed at random: whatever was done to one, reading ends, without crash and without much
/// memory, and loses nothing in silence.
@Suite("Archives changed at random", .timeLimit(.minutes(5)))
struct ArchiveMutationTests {
    private static let files = [
        ("etc/apps/a/default/a.conf", "[a]\nx = 1\n"), ("etc/apps/b/default/b.conf", String(repeating: "[b]\ny = 2\n", count: 40)),
        ("etc/apps/c/metadata/local.meta", "[]\nexport = system\n"),
    ]

    private static func whole(_ format: ArchiveFormat) throws -> [UInt8] {
        guard format == .zip else { return try PackedBytes.pack(TarBytes(files).bytes, format) }
        var zip = ZipBytes()
        for (index, file) in files.enumerated() {
            let data = Array(file.1.utf8)
            let packed = try ZipBytes.deflated(data)
            zip.add(
                rawName: Array(file.0.utf8), index == 0 ? data : packed, unpacked: data, method: index == 0 ? 0 : 8,
                descriptor: index == 2 ? .signed : nil)
        }
        return zip.bytes
    }

    /// A seed of the day's own, printed with every finding.
    private static let seed = UInt64.random(in: 0...UInt64.max)

    @Test("one changed bit: an error, or everything there and everything refused is told", arguments: ArchiveFormat.allCases)
    func bit(format: ArchiveFormat) throws {
        var random = SeededRandom(Self.seed)
        let whole = try Self.whole(format)
        let paths = try ReadArchive(whole).members.map(\.path)
        for _ in 0..<500 {
            let bit = Int.random(in: 0..<(whole.count * 8), using: &random)
            var changed = whole
            changed[bit / 8] ^= 1 << (bit % 8)
            let read = try ReadArchive(changed)
            let note: Comment = "seed \(Self.seed), bit \(bit) of \(format.rawValue)"
            if read.error != nil { continue }
            // Plain tar has no checksum over data: its text may differ, but nothing may be missing.
            #expect(read.members.count + read.refusals.count == paths.count, note)
            if format != .tar { #expect(read.members.map(\.path) == paths || !read.refusals.isEmpty, note) }
        }
    }

    @Test("a file cut off anywhere is never whole", arguments: ArchiveFormat.allCases)
    func cut(format: ArchiveFormat) throws {
        var random = SeededRandom(Self.seed)
        let whole = try Self.whole(format)
        for _ in 0..<100 {
            let length = Int.random(in: 0..<whole.count, using: &random)
            let read = try ReadArchive(Array(whole[..<length]))
            #expect(read.error != nil, "seed \(Self.seed), \(length) bytes of \(format.rawValue)")
        }
    }

    @Test("changes of every kind, many at once: reading ends", arguments: ArchiveFormat.allCases)
    func anything(format: ArchiveFormat) throws {
        var random = SeededRandom(Self.seed)
        let whole = try Self.whole(format)
        var limits = ArchiveLimits()
        limits.memberBytes = 1 << 20
        limits.unpackedBytes = 4 << 20
        for _ in 0..<400 {
            var changed = whole
            for _ in 0..<Int.random(in: 1...6, using: &random) { Self.mutate(&changed, &random) }
            // What the limits bound, the process may use; a finding here is a crash, a hang, or more than they allow.
            let read = try ReadArchive(changed, limits: limits)
            #expect(read.members.allSatisfy { $0.text.utf8.count <= 3 << 20 }, "seed \(Self.seed)")
        }
    }

    private static func mutate(_ bytes: inout [UInt8], _ random: inout SeededRandom) {
        guard bytes.count > 8 else { return bytes.append(0) }
        let place = Int.random(in: 0..<(bytes.count - 8), using: &random)
        let length = Int.random(in: 1...min(64, bytes.count - place), using: &random)
        switch Int.random(in: 0..<6, using: &random) {
        case 0: bytes[place] = UInt8.random(in: 0...255, using: &random)
        case 1: bytes.replaceSubrange(place..<(place + 4), with: [0xFF, 0xFF, 0xFF, 0xFF])
        case 2: bytes.replaceSubrange(place..<(place + 8), with: [0, 0, 0, 0, 0, 0, 0, 0])
        case 3: bytes.removeSubrange(place..<(place + length))
        case 4: bytes.insert(contentsOf: bytes[place..<(place + length)], at: Int.random(in: 0...bytes.count, using: &random))
        default: bytes.replaceSubrange(place..<(place + 4), with: (0..<4).map { _ in UInt8.random(in: 0...255, using: &random) })
        }
    }
}

/// SplitMix64: the same numbers for the same seed.
struct SeededRandom: RandomNumberGenerator {
    private var state: UInt64

    init(_ seed: UInt64) { state = seed }

    mutating func next() -> UInt64 {
        state &+= 0x9E37_79B9_7F4A_7C15
        var value = state
        value = (value ^ (value >> 30)) &* 0xBF58_476D_1CE4_E5B9
        value = (value ^ (value >> 27)) &* 0x94D0_49BB_1331_11EB
        return value ^ (value >> 31)
    }
}
