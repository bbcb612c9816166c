import Hummingbird
import HummingbirdTesting
import JSONText
import NIOCore
import Testing
import WebCore

@Suite("Pages of a list")
struct PageTests {
    /// Seven rows with ids 1 to 7.
    private let app = WebApp().make { routes in
        routes.get("/rows", .open) { request, _ in
            var query = QueryReader(request)
            let page = query.page(of: "rows")
            try query.finish()
            let later = (1...7).map(Int64.init).filter { $0 > page.afterID ?? 0 }
            let rows = Array(later[..<min(page.fetchLimit, later.count)])
            return Page.response(rows, page, id: { $0 }) { writer, row in writer.value(row) }
        }
    }

    @Test("following the cursors gives every row once", arguments: [1, 2, 3, 6, 7, 8, 50])
    func walks(_ limit: Int) async throws {
        try await app.test(.router) { client in
            var seen: [Int64] = []
            var cursor: String?
            var pages = 0
            repeat {
                let response = try await client.execute(
                    uri: "/v1/rows?limit=\(limit)" + (cursor.map { "&cursor=\($0)" } ?? ""), method: .get)
                let root = try JSONDocument(parsing: response.body.readableBytesView).root
                let rows = root["data"]?.elements.compactMap(\.int64) ?? []
                #expect(rows.count <= limit)
                seen += rows
                cursor = root["next_cursor"]?.string
                pages += 1
            } while cursor != nil && pages < 20
            #expect(seen == Array(1...7))
            #expect(pages == (7 + limit - 1) / limit)
        }
    }

    @Test("the last page has a cursor that is null")
    func lastPage() async throws {
        try await app.test(.router) { client in
            try await client.execute(uri: "/rows?limit=7", method: .get) {
                #expect(String(buffer: $0.body) == "{\"data\":[1,2,3,4,5,6,7],\"next_cursor\":null}")
            }
        }
    }

    @Test("an unknown parameter is a 400 that names it")
    func unknownParameter() async throws {
        try await app.test(.router) { client in
            try await client.execute(uri: "/rows?offset=7", method: .get) { response in
                #expect(response.status == .badRequest)
                #expect(ReceivedProblem(response.body).pointers == ["?offset"])
            }
        }
    }
}
