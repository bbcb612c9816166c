/// Where the cells of a drawing stand.
struct DrawingLayout: Sendable {
    struct Point: Sendable, Hashable {
        let x: Int
        let y: Int
    }

    static let boxWidth = 208
    static let boxHeight = 46
    static let laneHeight = 6
    static let columnGap = 72
    static let rowGap = 16
    static let margin = 24

    let cells: DrawingCells
    /// The cells of each column, from the top.
    let columns: [[Int]]
    /// The upper left corner of each cell.
    private(set) var corners: [Point]
    let width: Int
    let height: Int

    init(_ cells: DrawingCells) {
        self.cells = cells
        columns = Self.order(cells)
        let heights = columns.map { $0.reduce(-Self.rowGap) { $0 + Self.height(cells.cells[$1]) + Self.rowGap } }
        let tallest = heights.max() ?? 0
        corners = Array(repeating: Point(x: 0, y: 0), count: cells.cells.count)
        width = 2 * Self.margin + columns.count * (Self.boxWidth + Self.columnGap) - Self.columnGap
        height = 2 * Self.margin + tallest
        for (level, column) in columns.enumerated() {
            var y = Self.margin + (tallest - heights[level]) / 2
            for cell in column {
                corners[cell] = Point(x: Self.margin + level * (Self.boxWidth + Self.columnGap), y: y)
                y += Self.height(cells.cells[cell]) + Self.rowGap
            }
        }
    }

    /// Where lines end at a cell.
    func entry(_ cell: Int) -> Point {
        Point(x: corners[cell].x, y: corners[cell].y + Self.height(cells.cells[cell]) / 2)
    }

    /// Where lines begin at a cell.
    func exit(_ cell: Int) -> Point {
        Point(x: entry(cell).x + Self.boxWidth, y: entry(cell).y)
    }

    private static func height(_ cell: DrawingCells.Cell) -> Int { cell.isLane ? laneHeight : boxHeight }

    /// The cells of each column from the top, so that few lines cross: a cell goes to the mean of its parents, then of its children, then
    /// of its parents again.
    private static func order(_ cells: DrawingCells) -> [[Int]] {
        var columns: [[Int]] = Array(repeating: [], count: cells.levelCount)
        for (cell, content) in cells.cells.enumerated() { columns[content.level].append(cell) }
        var height = Array(repeating: 0.0, count: cells.cells.count)
        for column in columns { place(column, &height) }
        let forth = Array(columns.indices)
        for (neighbours, levels) in [(cells.parents, forth), (cells.children, forth.reversed()), (cells.parents, forth)] {
            for level in levels {
                columns[level] = sort(columns[level], cells, neighbours, height)
                place(columns[level], &height)
            }
        }
        return columns
    }

    /// The box for many stays last.
    private static func sort(_ column: [Int], _ cells: DrawingCells, _ neighbours: [[Int]], _ height: [Double]) -> [Int] {
        let keyed = column.enumerated().map { place, cell in
            let around = neighbours[cell]
            let mean = around.isEmpty ? height[cell] : around.reduce(0) { $0 + height[$1] } / Double(around.count)
            return (isMany: cells.cells[cell].isMany ? 1 : 0, mean: mean, place: place, cell: cell)
        }
        return keyed.sorted { ($0.isMany, $0.mean, $0.place) < ($1.isMany, $1.mean, $1.place) }.map(\.cell)
    }

    /// Heights relative to the middle, in rows.
    private static func place(_ column: [Int], _ height: inout [Double]) {
        for (row, cell) in column.enumerated() { height[cell] = Double(row) - Double(column.count - 1) / 2 }
    }
}
