import Foundation
import Workloads

/// What reading a whole archive gave: every member with its data, and the error that ended it, if one did.
struct ReadArchive {
    struct Member: Equatable {
        var path: String
        var text: String
    }

    var members: [Member] = []
    var rejections: [String] = []
    /// The reasons alone.
    var refusals: [ArchiveMember.Rejection] = []
    var error: ArchiveError?
    var format: ArchiveFormat?
    /// What the reader said of its progress at the proper end.
    var progress: [Int64] = []

    /// The code of the error; nil when the archive came to a proper end.
    var code: ArchiveError.Code? { error?.code }

    /// Writes `bytes` to a file of its own, reads it, and removes it. Data is read only for members that `wants` names.
    init(
        _ bytes: [UInt8], limits: ArchiveLimits = ArchiveLimits(), wants: (String) -> Bool = { _ in true },
        isCancelled: @escaping () -> Bool = { false }
    ) throws {
        let file = FileManager.default.temporaryDirectory.appendingPathComponent("archive-\(UUID().uuidString)")
        try Data(bytes).write(to: file)
        defer { try? FileManager.default.removeItem(at: file) }
        do {
            try read(file.path, limits, wants, isCancelled)
        } catch let failure as ArchiveError {
            error = failure
        }
    }

    private mutating func read(
        _ path: String, _ limits: ArchiveLimits, _ wants: (String) -> Bool, _ isCancelled: @escaping () -> Bool
    ) throws {
        let reader = try ArchiveReader(path: path, limits: limits, isCancelled: isCancelled)
        format = reader.format
        while let member = try reader.next() {
            if let rejection = member.rejection {
                rejections.append("\(member.path) \(rejection.rawValue)")
                refusals.append(rejection)
                continue
            }
            guard member.kind == .file, wants(member.path) else { continue }
            switch try reader.readData() {
            case .bytes(let data): members.append(Member(path: member.path, text: String(decoding: data, as: UTF8.self)))
            case .tooLarge:
                rejections.append("\(member.path) member_too_large")
                refusals.append(.tooLarge)
            }
        }
        progress = [reader.position, reader.fileSize, Int64(reader.entryCount), reader.unpackedBytes]
    }
}
