import Testing
import Workloads

/// An archive that somebody made to do harm, or that something has damaged, and how reading it must end.
///
/// Most hold two good files, one before and one behind what is wrong, so that nothing can be lost in silence: reading fails,
/// or gives both.
struct HostileArchive: Sendable, CustomTestStringConvertible {
    /// How reading must end.
    enum End: Sendable, Equatable {
        /// Nothing is shown, and the error has this code.
        case failed(ArchiveError.Code)
        /// The files at these paths are read (beside the two good ones), and members are refused for these reasons.
        case complete(_ files: [String] = [], refused: [ArchiveMember.Rejection] = [])
        /// Like complete, but without the two good files.
        case only(_ files: [String], refused: [ArchiveMember.Rejection] = [])
    }

    let name: String
    let end: End
    /// Needs ``tightLimits``.
    let isTight: Bool
    let bytes: @Sendable () throws -> [UInt8]

    var testDescription: String { name }

    init(_ name: String, _ end: End, isTight: Bool = false, _ bytes: @escaping @Sendable () throws -> [UInt8]) {
        self.name = name
        self.end = end
        self.isTight = isTight
        self.bytes = bytes
    }

    static let all = tars + tarMembers + tarsOfOtherKinds + compressed + zips + zipContradictions + others

    /// Limits that a small archive can pass.
    static let tightLimits: ArchiveLimits = {
        var limits = ArchiveLimits()
        limits.entries = 20
        limits.memberBytes = 2_000
        limits.unpackedBytes = 100_000
        return limits
    }()

    var limits: ArchiveLimits { isTight ? Self.tightLimits : ArchiveLimits() }

    /// The paths that must be read, in the archive's order or another.
    var files: [String] {
        switch end {
        case .failed: []
        case .complete(let files, _): [Self.first, Self.last] + files
        case .only(let files, _): files
        }
    }

    var refused: [ArchiveMember.Rejection] {
        switch end {
        case .failed: []
        case .complete(_, let refused), .only(_, let refused): refused
        }
    }

    // MARK: - Parts

    static let first = "etc/apps/a/default/first.conf"
    static let last = "etc/apps/z/default/last.conf"
    /// Where what is hostile stands.
    static let target = "etc/apps/x/local/x.conf"
    static let text = Array("[x]\nkey = value\n".utf8)

    static func tarFile(_ body: (inout TarBytes) -> Void) -> TarBytes {
        var tar = TarBytes()
        tar.add(first, text)
        body(&tar)
        tar.add(last, text)
        return tar
    }

    static func zipFile(_ body: (inout ZipBytes) throws -> Void) rethrows -> ZipBytes {
        var zip = ZipBytes()
        zip.add(first, text)
        try body(&zip)
        zip.add(last, text)
        return zip
    }
}
