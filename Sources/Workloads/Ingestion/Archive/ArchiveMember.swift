/// A member of an archive as its header describes it.
package struct ArchiveMember: Sendable, Equatable {
    /// What a member is. Only files have data here.
    package enum Kind: String, Sendable, CaseIterable {
        case file, directory
        /// Symbolic or hard.
        case link
        /// Device, pipe or socket.
        case device
    }

    /// Why a member must not be used, whatever its path says. The raw values are part of the HTTP answers and never change.
    package enum Rejection: String, Sendable, CaseIterable {
        case absolutePath = "absolute_path"
        case parentPath = "parent_path"
        case link = "link"
        case device = "device"
        /// The name is not UTF-8, or there is none.
        case undecodableName = "undecodable_name"
        /// The name has a control character, NUL among them: it does not mean what it shows.
        case controlCharacter = "control_character"
        /// A directory that has data of its own, which every program but the archive's maker would lose.
        case directoryWithData = "directory_with_data"
        case encrypted = "encrypted"
        /// A file with holes, in one of tar's several ways to store one.
        case sparse = "sparse_file"
        /// Longer than ``ArchiveLimits/memberBytes``. Given by callers, after ``ArchiveReader/readData()``.
        case tooLarge = "member_too_large"
    }

    /// The path as it stands in the archive; bytes that are not UTF-8 are shown as U+FFFD.
    package let path: String
    /// What it is.
    package let kind: Kind
    /// Its unpacked size as the header claims; nil if it does not say.
    package let size: Int64?
    /// Its place in the archive, from 1.
    package let index: Int
    /// Set when the member must be skipped; `readData` refuses such a member.
    package let rejection: Rejection?
    /// A file of the same path came before: programs that unpack keep the last one.
    package internal(set) var isRepeated = false
}

/// What reading a member's data gave.
package enum ArchiveMemberData {
    /// All of it. A view into the reader's buffer, valid until the reader is used again.
    case bytes(UnsafeRawBufferPointer)
    /// It is longer than the limit; nothing of it is given.
    case tooLarge
}
