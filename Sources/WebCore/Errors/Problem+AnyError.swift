import HTTPTypes
import Hummingbird
import NIOCore
import Storage

extension Problem {
    /// Finds the problem that any thrown error stands for; nil if the error is unknown and only the log may say more than "internal error".
    init?(_ error: any Error) {
        switch error {
        case let problem as Problem: self = problem
        case let error as StorageError: self.init(error)
        case let error as MultipartError: self.init(error)
        case is NIOTooManyBytesError: self.init(.bodyTooLarge)
        case let error as HTTPError: self.init(error)
        case let error as any HTTPResponseError: self.init(status: error.status, headers: [:])
        case is CancellationError: self.init(.draining, "The server stopped before the request was done.")
        default: return nil
        }
    }

    /// The framework's own errors. Their messages are dropped: some repeat parts of the request.
    private init(_ error: HTTPError) {
        self.init(status: error.status, headers: error.headers)
    }

    private init(status: HTTPResponse.Status, headers: HTTPFields) {
        let code: ProblemCode =
            switch status.code {
            case 401: .unauthenticated
            case 403: .forbidden
            case 404: .notFound
            case 405: .methodNotAllowed
            case 408: .requestTimeout
            case 409: .conflict
            case 411: .lengthRequired
            case 413: .bodyTooLarge
            case 415: .unsupportedMediaType
            case 422: .invalidFields
            case 429: .tooManyRequests
            case 501: .methodUnknown
            case 503: .overloaded
            case 507: .diskFull
            case 400..<500: .malformedRequest
            default: .internalError
            }
        self.init(code, nil, headers: headers)
    }
}
