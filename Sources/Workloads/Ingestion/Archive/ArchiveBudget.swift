/// What an archive may still unpack to, and whether to go on at all. Asked once per piece of data.
final class ArchiveBudget {
    private let limits: ArchiveLimits
    private let fileSize: Int64
    private let isCancelled: () -> Bool

    init(_ limits: ArchiveLimits, fileSize: Int64, isCancelled: @escaping () -> Bool) {
        self.limits = limits
        self.fileSize = fileSize
        self.isCancelled = isCancelled
    }

    /// Throws if the caller has cancelled, or if `unpacked` bytes are more than the limits allow.
    func check(unpacked: Int64, position: Int64) throws(ArchiveError) {
        if isCancelled() { throw ArchiveError(.cancelled, "reading was cancelled", position: position) }
        guard unpacked <= limits.unpackedBytes else {
            throw ArchiveError(.tooLarge, "it unpacks to more than \(limits.unpackedBytes) bytes", position: position)
        }
        let (allowed, overflow) = limits.ratio.multipliedReportingOverflow(by: max(fileSize, 1))
        guard unpacked <= limits.ratioFreeBytes || overflow || unpacked <= allowed else {
            throw ArchiveError(.ratio, "it unpacks to more than \(limits.ratio) times its size", position: position)
        }
    }
}
