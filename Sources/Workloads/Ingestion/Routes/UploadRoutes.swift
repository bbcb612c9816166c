import Hummingbird
import JSONText
import Storage
import TaskEngine
import WebCore

/// Uploads: sending archives and files, reading what was sent, deleting it.
///
/// What a 201 acknowledges is on disk and committed with its run and its task. An upload of another tenant is answered like one
/// that does not exist.
struct UploadRoutes: RouteGroup {
    let service: TaskService
    let blobs: BlobStore
    let sweeper: IngestionSweeper
    /// Bytes of the largest file.
    let maxUpload: Int

    /// The site map of this resource.
    func register(in routes: inout Routes) {
        routes.post("/uploads", .operator, upload)
        routes.get("/uploads", .viewer, list)
        routes.get("/uploads/{id}", .viewer, read)
        routes.delete("/uploads/{id}", .admin, delete)
    }

    @Sendable private func upload(_ request: Request, _ context: MillraceRequestContext) async throws -> Response {
        try QueryReader(request).finish()
        // What is asked for is known when the file has come; that the key is none is said before.
        let key = try request.idempotencyKey(for: "POST /uploads", [], context)
        let received = try await UploadReceiver(blobs: blobs, maxUpload: maxUpload).receive(request, context)
        let blob = try await blobs.place(received.file, tenant: context.tenant, now: service.now())
        let upload = NewUpload(
            tenant: context.tenant, blob: blob, filename: received.filename, type: received.values.type, label: received.values.label,
            notes: received.values.notes, createdAt: service.now())
        let stored = try await store(upload, once: key?.fingerprinting(Self.content(of: upload)))
        service.announce(stored.changes)
        if stored.isReplay { return try await replay(stored, context) }
        return .created(location: "/v1/uploads/\(stored.uploadID)") { IngestionRendering.stored(upload, stored, in: &$0) }
    }

    /// What makes two uploads the same: the fields, and the file by its name and bytes.
    private static func content(of upload: NewUpload) -> [UInt8] {
        var writer = JSONWriter()
        writer.array { array in
            array.value(upload.type.rawValue)
            array.value(upload.label ?? "")
            array.value(upload.notes ?? "")
            array.value(upload.filename)
            array.value(upload.blob.key.sha256)
        }
        return writer.bytes
    }

    private func store(_ upload: NewUpload, once key: IdempotencyKey?) async throws -> StoreUpload.Stored {
        do {
            let result = try await service.database.write { [blobs, service] in
                try StoreUpload.store(upload, once: key, blobs: blobs, service: service, on: $0)
            }
            switch result {
            case .stored(let stored):
                if stored.isReplay { await blobs.giveUp(upload.blob) }
                return stored
            case .givenUp: throw Problem(.storageUnavailable, "The upload took too long to be recorded; nothing was stored.")
            case .keyReused: throw SubmitRefusal.keyReused
            }
        } catch {
            await blobs.giveUp(upload.blob)
            throw Problem(submitting: error) ?? error
        }
    }

    /// The first answer again. Of an upload that was deleted since only its ids are known.
    private func replay(_ stored: StoreUpload.Stored, _ context: MillraceRequestContext) async throws -> Response {
        let tenant = context.tenant
        let upload = try await service.database.read { try ReadUploads.detail(stored.uploadID, tenant: tenant, on: $0) }
        return Response.created(location: "/v1/uploads/\(stored.uploadID)") { writer in
            if let upload {
                IngestionRendering.upload(upload, in: &writer)
            } else {
                IngestionRendering.deleted(stored, in: &writer)
            }
        }.replayed(true)
    }

    @Sendable private func list(_ request: Request, _ context: MillraceRequestContext) async throws -> Response {
        var query = QueryReader(request)
        let page = query.page(of: "uploads")
        try query.finish()
        let tenant = context.tenant
        let uploads = try await service.database.read {
            try ReadUploads.page(tenant: tenant, after: page.afterID, limit: page.fetchLimit, on: $0)
        }
        return Page.response(uploads, page, id: \.id) { writer, upload in
            writer.object { IngestionRendering.upload(upload, in: &$0) }
        }
    }

    @Sendable private func read(_ request: Request, _ context: MillraceRequestContext) async throws -> Response {
        let id = try context.pathID()
        try QueryReader(request).finish()
        let tenant = context.tenant
        let upload = try await service.database.read { try ReadUploads.detail(id, tenant: tenant, on: $0) }
        guard let upload else { throw Problem(.notFound) }
        return .jsonObject { IngestionRendering.upload(upload, in: &$0) }
    }

    @Sendable private func delete(_ request: Request, _ context: MillraceRequestContext) async throws -> Response {
        let id = try context.pathID()
        try await request.requireNoFields(context: context)
        let tenant = context.tenant
        let result = try await service.database.write { [blobs] in
            try DeleteUpload.delete(upload: id, tenant: tenant, blobs: blobs, on: $0)
        }
        switch result {
        case .unknown: throw Problem(.notFound)
        case .unfinished(let run): throw Problem(.conflict, "Run \(run) of the upload has not ended; cancel it first.")
        case .deleted:
            sweeper.wake()
            return .noContent
        }
    }
}

extension Problem {
    /// What a client hears when the task of its run was refused; nil for any other error.
    init?(submitting error: any Error) {
        guard let refusal = error as? SubmitRefusal else { return nil }
        self.init(refusal, at: nil, detail: "Nothing was stored.")
    }
}
