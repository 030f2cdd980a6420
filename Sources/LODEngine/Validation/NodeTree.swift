/// Who is below whom, answered at once for any two nodes.
///
/// A walk through each tree, children between their parent's coming and going, gives every node a range of numbers
/// that holds those of all nodes below it. Nodes in loops are in no tree.
struct NodeTree {
    private var roots: [Int]
    private var ranges: [Range<Int>]

    /// Walks the trees that `parents`, by child, spell.
    init(count: Int, parents: [Int: Int]) {
        roots = [Int](repeating: -1, count: count)
        ranges = [Range<Int>](repeating: 0..<0, count: count)
        var children = [[Int]](repeating: [], count: count)
        for child in 0..<count {
            if let parent = parents[child] { children[parent].append(child) }
        }
        var clock = 0
        for root in 0..<count where parents[root] == nil {
            var path = [(node: root, next: 0, start: clock)]
            clock += 1
            roots[root] = root
            while let top = path.last {
                guard top.next < children[top.node].count else {
                    ranges[top.node] = top.start..<clock
                    path.removeLast()
                    continue
                }
                path[path.count - 1].next += 1
                let child = children[top.node][top.next]
                roots[child] = root
                path.append((child, 0, clock))
                clock += 1
            }
        }
    }

    /// The topmost node above `node`; -1 in a loop.
    func root(of node: Int) -> Int { roots[node] }

    /// Whether `node` is `ancestor` or below it.
    func contains(_ node: Int, below ancestor: Int) -> Bool {
        ranges[ancestor].contains(ranges[node].lowerBound) && roots[node] == roots[ancestor]
    }
}
