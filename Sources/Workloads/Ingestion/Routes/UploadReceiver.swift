import HTTPTypes
import Hummingbird
import NIOCore
import Storage
import WebCore

/// Streams the body of `POST /uploads` to disk in constant memory.
///
/// Whatever goes wrong, nothing of the file is left.
struct UploadReceiver {
    /// A body may be this much longer than the file in it: the other fields, boundaries, headers.
    static let overhead = 1 << 20

    let blobs: BlobStore
    /// Bytes of the largest file.
    let maxUpload: Int

    /// A form that was read to its end and is faultless.
    struct Received {
        let file: BlobUpload
        let filename: String
        let values: UploadForm.Values
    }

    /// - Throws: ``Problem`` or ``StorageError`` (`disk_full` is 507), before the body is read where that can be known.
    func receive(_ request: Request, _ context: MillraceRequestContext) async throws -> Received {
        if let encoding = request.headers[.contentEncoding], encoding.lowercased() != "identity" {
            throw Problem(.unsupportedMediaType, "Bodies with a Content-Encoding are not read.")
        }
        let reader = try MultipartReader(contentType: request.headers[.contentType])
        let (longest, overflow) = maxUpload.addingReportingOverflow(Self.overhead)
        let declared = try request.declaredBodyLength(limit: overflow ? .max : longest)
        // The lack of disk is a reason to refuse before the body is sent.
        let file = try await blobs.receive(expected: Int64(declared ?? 0))
        do {
            context.expectBody(of: request)
            return try await read(request, reader, into: file, declared: declared)
        } catch {
            await blobs.discard(file)
            throw error
        }
    }

    private func read(_ request: Request, _ reader: MultipartReader, into file: BlobUpload, declared: Int?) async throws -> Received {
        var reader = reader
        var form = UploadForm()
        var length = 0
        for try await chunk in request.body {
            length += chunk.readableBytes
            for event in try reader.read(chunk) {
                guard case .write(let bytes) = form.take(event) else { continue }
                guard file.size + Int64(bytes.readableBytes) <= maxUpload else {
                    throw Problem(.bodyTooLarge, "A file may have \(maxUpload) bytes.")
                }
                try await file.write(bytes.readableBytesView)
            }
        }
        if let declared, declared != length { throw Problem(.malformedRequest, "The body ended before its declared length.") }
        try reader.finish()
        return Received(file: file, filename: form.filename, values: try form.finish(fileSize: file.size))
    }
}
