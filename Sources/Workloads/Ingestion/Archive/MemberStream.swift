/// The members of one kind of archive, one after another. Implemented by ``TarMembers`` and ``ZipMembers``; the limits on
/// members are ``ArchiveReader``'s.
protocol MemberStream: AnyObject {
    /// Bytes of the file read so far, for progress and for errors.
    var position: Int64 { get }
    /// Bytes unpacked so far.
    var unpackedBytes: Int64 { get }
    /// The next member; nil when the archive has come to a proper end. What was not read of the member before is checked first.
    /// - Parameter index: the member's place, from 1.
    func next(index: Int) throws(ArchiveError) -> ArchiveMember?
    /// Appends the data of the member that ``next(index:)`` returned last.
    /// - Returns: false if there is more than `limit` bytes; the rest is checked later. Otherwise all of it was appended,
    ///   and was as long as the header says and had the right checksum, if there is one.
    func read(into out: inout GrowingBytes, limit: Int) throws(ArchiveError) -> Bool
}
