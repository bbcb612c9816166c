/// Why an archive could not be read to its end. After one of these nothing that was read before may be shown as a result.
package struct ArchiveError: Error, Sendable, Equatable, CustomStringConvertible {
    /// The kind of failure. The raw values are part of the HTTP answers and never change.
    package enum Code: String, Sendable, CaseIterable {
        /// Neither tar nor zip, whether compressed or not.
        case notAnArchive = "not_an_archive"
        /// The file ends before the archive does.
        case truncated = "archive_truncated"
        /// A checksum or a length does not fit the data.
        case checksum = "archive_checksum"
        /// The structure is broken, or two places of it contradict each other.
        case damaged = "archive_damaged"
        /// There is something behind the archive's end.
        case trailingData = "archive_trailing_data"
        /// A method of compression, or a kind of archive, that cannot be read here.
        case unsupported = "archive_unsupported"
        /// More members than ``ArchiveLimits/entries``.
        case tooManyEntries = "archive_too_many_entries"
        /// More data than ``ArchiveLimits/unpackedBytes``.
        case tooLarge = "archive_too_large"
        /// Unpacks to more than ``ArchiveLimits/ratio`` times its size.
        case ratio = "archive_ratio"
        /// The file could not be opened or read.
        case io = "archive_io"
        /// The caller's `isCancelled` said so.
        case cancelled = "archive_cancelled"
    }

    /// The kind.
    package let code: Code
    /// One sentence for people, safe to show to the owner of the archive.
    package let message: String
    /// The last member whose header could be read: the damage is in it or behind it. nil if there was none.
    package var member: String?
    /// Bytes of the file that had been read by then; the place of the damage lies at or shortly before it.
    package var position: Int64

    /// An error at a place.
    package init(_ code: Code, _ message: String, member: String? = nil, position: Int64) {
        self.code = code
        self.message = message
        self.member = member
        self.position = position
    }

    /// The end of an archive that has more members than it may.
    static func tooManyEntries(_ limits: ArchiveLimits, position: Int64) -> ArchiveError {
        ArchiveError(.tooManyEntries, "it has more than \(limits.entries) members", position: position)
    }

    /// The message with member and position, for a run's `error` field.
    package var description: String {
        let place = member.map { ", in or after \($0)" } ?? ""
        return "\(message)\(place), at byte \(position) of the file"
    }
}
