package import HTTPTypes
package import Hummingbird
import JSONText
import NIOCore

extension Problem {
    /// The HTTP status of the answer.
    package var status: HTTPResponse.Status { code.status }

    /// Renders the problem.
    /// - Parameter requestID: Goes into the body as `request_id`.
    package func response(requestID: String) -> Response {
        var fields = headers
        fields[.contentType] = "application/problem+json"
        addDueHeaders(&fields)
        return Response(status: status, headers: fields, body: .init(byteBuffer: ByteBuffer(bytes: json(requestID: requestID))))
    }

    func json(requestID: String?) -> [UInt8] {
        var writer = JSONWriter(capacity: 512)
        writer.object { writer in
            writer.field("type", "urn:millrace:problem:\(code.rawValue)")
            writer.field("title", code.title)
            writer.field("status", status.code)
            if let detail { writer.field("detail", detail) }
            writer.field("code", code.rawValue)
            if let requestID { writer.field("request_id", requestID) }
            if !errors.isEmpty { writeErrors(&writer) }
        }
        return writer.bytes
    }

    private func writeErrors(_ writer: inout JSONWriter) {
        writer.key("errors")
        writer.array { writer in
            for error in errors {
                writer.object { writer in
                    writer.field("pointer", error.pointer)
                    writer.field("detail", error.detail)
                }
            }
        }
    }

    private func addDueHeaders(_ fields: inout HTTPFields) {
        switch status.code {
        case 401 where fields[.wwwAuthenticate] == nil: fields[.wwwAuthenticate] = "Bearer"
        case 429 where fields[.retryAfter] == nil, 503 where fields[.retryAfter] == nil: fields[.retryAfter] = "5"
        // The rest of a body that nobody wants is not waited for.
        case 408, 413: fields[.connection] = "close"
        default: break
        }
    }
}
