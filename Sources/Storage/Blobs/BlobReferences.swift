/// References of rows to stored files, for who deletes such rows without the directory at hand.
package enum BlobReferences {
    /// Ends one reference for each of `keys`, in the caller's transaction. A file that has none left is removed by the next sweep
    /// (``BlobStore/removeMarked()``); if the process dies first, by that of another.
    package static func release(_ keys: [BlobKey], on connection: any Connection) throws {
        try BlobRows.release(keys, on: connection)
    }
}
