package import HTTPTypes
package import Hummingbird
package import JSONText
import NIOCore

extension Response {
    /// Answers JSON that a closure writes.
    package static func json(
        _ status: HTTPResponse.Status = .ok, headers: HTTPFields = [:], _ write: (inout JSONWriter) -> Void
    ) -> Response {
        var writer = JSONWriter()
        write(&writer)
        return json(status, headers: headers, bytes: writer.bytes)
    }

    /// Answers a JSON object whose members a closure writes.
    package static func jsonObject(
        _ status: HTTPResponse.Status = .ok, headers: HTTPFields = [:], _ write: (inout JSONWriter) -> Void
    ) -> Response {
        json(status, headers: headers) { $0.object(write) }
    }

    /// Answers bytes that are JSON already.
    package static func json(_ status: HTTPResponse.Status = .ok, headers: HTTPFields = [:], bytes: [UInt8]) -> Response {
        var headers = headers
        headers[.contentType] = "application/json"
        return Response(status: status, headers: headers, body: .init(byteBuffer: ByteBuffer(bytes: bytes)))
    }

    /// Answers 202: committed, and done later.
    /// - Parameter location: Path where the client can look, such as `/v1/tasks/1`.
    package static func accepted(location: String, _ write: (inout JSONWriter) -> Void) -> Response {
        jsonObject(.accepted, headers: [.location: location], write)
    }

    /// Answers 201: made.
    /// - Parameter location: Path of what was made, such as `/v1/uploads/1`.
    package static func created(location: String, _ write: (inout JSONWriter) -> Void) -> Response {
        jsonObject(.created, headers: [.location: location], write)
    }

    /// Answers 204 without a body.
    package static var noContent: Response { Response(status: .noContent) }

    /// Answers plain text in UTF-8.
    package static func text(_ text: String, contentType: String = "text/plain; charset=utf-8") -> Response {
        Response(status: .ok, headers: [.contentType: contentType], body: .init(byteBuffer: ByteBuffer(string: text)))
    }
}
