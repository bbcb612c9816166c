import Storage
import TaskEngine

/// Why an upload cannot be read, beside what is wrong with an archive itself. Trying again does not help.
enum IngestionFailure {
    static func unknownRun(_ run: Int64) -> TaskFailure {
        .permanent(code: "unknown_run", "there is no run \(run)")
    }

    static func superseded(by task: Int64) -> TaskFailure {
        .permanent(code: "superseded", "task \(task) reads this run")
    }

    static func notSingleFile(_ format: ArchiveFormat) -> TaskFailure {
        .permanent(
            code: "not_a_single_file",
            "the upload was sent as single_conf, and its content is an archive (\(format.rawValue)); send it with the type that it is")
    }

    static let notAnArchive = TaskFailure.permanent(
        code: ArchiveError.Code.notAnArchive.rawValue, "the file is neither a tar nor a zip archive, nor a configuration file")

    static func fileTooLarge(_ limit: Int) -> TaskFailure {
        .permanent(code: ArchiveMember.Rejection.tooLarge.rawValue, "a configuration file may have \(limit) bytes")
    }

    static func tooManyStanzas(_ limit: Int) -> TaskFailure {
        .permanent(code: "too_many_stanzas", "the upload has more than \(limit) stanzas")
    }

    static func nothingReadable(_ summary: RunSummary) -> TaskFailure {
        let reasons = summary.omitted.sorted { $0.key < $1.key }.map { "\($0.key): \($0.value)" }.joined(separator: ", ")
        return .permanent(
            code: "nothing_readable",
            "none of the archive's \(summary.refusedConfiguration) configuration files could be read; members left out: \(reasons)")
    }

    /// What the engine is told about an error that ended an attempt.
    static func of(_ error: any Error) -> any Error {
        switch error {
        case let error as ArchiveError:
            switch error.code {
            case .cancelled: CancellationError()
            // The disk may recover, or the file may be on its way back.
            case .io: TaskError(code: error.code.rawValue, message: error.description)
            case .notAnArchive, .truncated, .checksum, .damaged, .trailingData, .unsupported, .tooManyEntries, .tooLarge, .ratio:
                TaskFailure.permanent(code: error.code.rawValue, error.description)
            }
        case is GenerationWriter.Abandoned:
            TaskError(code: "superseded", message: "another attempt reads this run")
        case let error as StorageError:
            // The error's own message may name files and hosts; the log has it.
            TaskError(code: error.code == .diskFull ? "disk_full" : "storage_unavailable", message: "the result could not be stored")
        default:
            error
        }
    }
}

extension ArchiveMember.Rejection {
    /// One sentence for people.
    var explanation: String {
        switch self {
        case .absolutePath: "the path is absolute; the member was not read"
        case .parentPath: "the path leads out of its directory; the member was not read"
        case .link: "the member is a link; it was not followed"
        case .device: "the member is a device, a pipe or a socket; it was not read"
        case .undecodableName: "the name is not UTF-8; the member was not read"
        case .controlCharacter: "the name has a control character; the member was not read"
        case .directoryWithData: "the member is a directory and has data of its own, which was not read"
        case .encrypted: "the member is encrypted; it was not read"
        case .sparse: "the member is stored as a sparse file; it was not read"
        case .tooLarge: "the member is too large; it was not read"
        }
    }
}
