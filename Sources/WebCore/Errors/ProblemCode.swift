package import HTTPTypes

/// Everything that an answer can say went wrong. The raw value is the `code` that clients switch over, so a value once released stays.
package enum ProblemCode: String, Sendable, CaseIterable {
    case malformedRequest = "malformed_request"
    case malformedJSON = "malformed_json"
    case malformedMultipart = "malformed_multipart"
    case invalidQuery = "invalid_query"
    case invalidCursor = "invalid_cursor"
    case missingHost = "missing_host"
    case unauthenticated
    case forbidden
    case foreignHost = "foreign_host"
    case crossSite = "cross_site"
    case notFound = "not_found"
    case methodNotAllowed = "method_not_allowed"
    case requestTimeout = "request_timeout"
    case conflict
    case alreadyFinished = "already_finished"
    case notFinished = "not_finished"
    case uniqueKeyTaken = "unique_key_taken"
    case lengthRequired = "length_required"
    case bodyTooLarge = "body_too_large"
    case unsupportedMediaType = "unsupported_media_type"
    case invalidFields = "invalid_fields"
    case unknownTaskType = "unknown_task_type"
    case unknownQueue = "unknown_queue"
    case unknownWorkflow = "unknown_workflow"
    case tooManyEvents = "too_many_events"
    case idempotencyKeyReused = "idempotency_key_reused"
    case unreadableArchive = "unreadable_archive"
    case resultTooLarge = "result_too_large"
    case tooManyRequests = "too_many_requests"
    case internalError = "internal_error"
    case methodUnknown = "method_unknown"
    case storageUnavailable = "storage_unavailable"
    case outcomeUnknown = "outcome_unknown"
    case draining
    case overloaded
    case diskFull = "disk_full"
    case secretsUnavailable = "secrets_unavailable"

    /// The HTTP status of an answer with this code. The only place where codes meet statuses.
    package var status: HTTPResponse.Status {
        switch self {
        case .malformedRequest, .malformedJSON, .malformedMultipart, .invalidQuery, .invalidCursor, .missingHost: .badRequest
        case .unauthenticated: .unauthorized
        case .forbidden, .foreignHost, .crossSite: .forbidden
        case .notFound: .notFound
        case .methodNotAllowed: .methodNotAllowed
        case .requestTimeout: .requestTimeout
        case .conflict, .alreadyFinished, .notFinished, .uniqueKeyTaken, .tooManyEvents: .conflict
        case .lengthRequired: .lengthRequired
        case .bodyTooLarge: .contentTooLarge
        case .unsupportedMediaType: .unsupportedMediaType
        case .invalidFields, .unknownTaskType, .unknownQueue, .unknownWorkflow, .idempotencyKeyReused, .unreadableArchive,
            .resultTooLarge:
            .unprocessableContent
        case .tooManyRequests: .tooManyRequests
        case .internalError: .internalServerError
        case .methodUnknown: .notImplemented
        case .storageUnavailable, .outcomeUnknown, .draining, .overloaded, .secretsUnavailable: .serviceUnavailable
        case .diskFull: HTTPResponse.Status(code: 507, reasonPhrase: "Insufficient Storage")
        }
    }

    /// The problem in a few words, the same for every occurrence.
    package var title: String {
        switch self {
        case .malformedRequest: "Malformed request"
        case .malformedJSON: "Malformed JSON"
        case .malformedMultipart: "Malformed multipart body"
        case .invalidQuery: "Invalid query parameter"
        case .invalidCursor: "Invalid cursor"
        case .missingHost: "Missing Host header"
        case .unauthenticated: "Not authenticated"
        case .forbidden: "Not allowed"
        case .foreignHost: "Foreign Host header"
        case .crossSite: "Cross-site request"
        case .notFound: "Not found"
        case .methodNotAllowed: "Method not allowed"
        case .requestTimeout: "Request took too long to arrive"
        case .conflict: "Conflict"
        case .alreadyFinished: "Already finished"
        case .notFinished: "Not finished"
        case .uniqueKeyTaken: "Unique key taken"
        case .lengthRequired: "Length required"
        case .bodyTooLarge: "Body too large"
        case .unsupportedMediaType: "Unsupported media type"
        case .invalidFields: "Invalid fields"
        case .unknownTaskType: "Unknown task type"
        case .unknownQueue: "Unknown queue"
        case .unknownWorkflow: "Unknown workflow"
        case .tooManyEvents: "Too many events"
        case .idempotencyKeyReused: "Idempotency key reused"
        case .unreadableArchive: "Unreadable archive"
        case .resultTooLarge: "Result too large"
        case .tooManyRequests: "Too many requests"
        case .internalError: "Internal error"
        case .methodUnknown: "Unknown method"
        case .storageUnavailable: "Storage unavailable"
        case .outcomeUnknown: "Outcome unknown"
        case .draining: "Shutting down"
        case .overloaded: "Overloaded"
        case .diskFull: "Disk full"
        case .secretsUnavailable: "Secrets unavailable"
        }
    }
}
