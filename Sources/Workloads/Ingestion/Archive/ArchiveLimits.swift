/// What an archive may cost. Archives come from strangers: every dimension in which one could grow without bound has a limit.
package struct ArchiveLimits: Sendable, Equatable {
    /// Members of all kinds. Default 500,000.
    package var entries = 500_000
    /// Bytes of one member that is read; a longer one is not read (``ArchiveMemberData/tooLarge``). Default 64 MiB.
    package var memberBytes = 64 << 20
    /// Bytes that all of the archive unpacks to. Default 20 GiB.
    package var unpackedBytes: Int64 = 20 << 30
    /// Unpacked size divided by the file's size. Default 200.
    package var ratio: Int64 = 200
    /// Unpacked bytes up to which the ratio is not looked at: small archives of small, similar files compress well and cost
    /// nothing. Default 10 MiB.
    package var ratioFreeBytes: Int64 = 10 << 20

    /// The highest that ``entries`` may be set to: some bytes of memory are kept for each.
    package static let mostEntries = 100_000_000
    /// The highest that ``memberBytes`` may be set to: a member is held in memory.
    package static let mostMemberBytes = 2 << 30

    /// The defaults.
    package init() {}
}
