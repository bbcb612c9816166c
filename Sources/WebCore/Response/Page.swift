package import Hummingbird
package import JSONText

/// Renders one page of a list: `{"data": […], "next_cursor": "…" | null}`.
package enum Page {
    /// Answers a page.
    /// - Parameters:
    ///   - rows: What the query found with ``PageRequest/fetchLimit``; a row beyond the limit is not shown but makes a next page.
    ///   - request: What the client asked for.
    ///   - cursor: The cursor of a row; asked for the last row shown only.
    ///   - write: Writes a row as one JSON value.
    package static func response<Row>(
        _ rows: [Row], _ request: PageRequest, cursor: (Row) -> Cursor, _ write: (inout JSONWriter, Row) -> Void
    ) -> Response {
        let shown = rows.prefix(request.limit)
        return response(shown, next: rows.count > request.limit ? shown.last.map(cursor) : nil, write)
    }

    /// Answers a page that may end before it is full.
    /// - Parameters:
    ///   - rows: What is shown.
    ///   - next: Where the list goes on; nil at its end.
    ///   - write: Writes a row as one JSON value.
    package static func response<Rows: Collection>(
        _ rows: Rows, next: Cursor?, _ write: (inout JSONWriter, Rows.Element) -> Void
    ) -> Response {
        .jsonObject { writer in
            writer.key("data")
            writer.array { writer in
                for row in rows { write(&writer, row) }
            }
            writer.field("next_cursor", next?.text)
        }
    }

    /// Answers a page of a list that is ordered by row id alone.
    package static func response<Row>(
        _ rows: [Row], _ request: PageRequest, id: (Row) -> Int64, _ write: (inout JSONWriter, Row) -> Void
    ) -> Response {
        response(rows, request, cursor: { Cursor(request.list, id: id($0)) }, write)
    }
}
