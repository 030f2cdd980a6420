/// The numbers that an accessor's elements are made of, by glTF's codes.
enum ComponentType: Int {
    case int8 = 5120
    case uint8 = 5121
    case int16 = 5122
    case uint16 = 5123
    case uint32 = 5125
    case float = 5126

    /// Bytes of one.
    var size: Int {
        switch self {
        case .int8, .uint8: 1
        case .int16, .uint16: 2
        case .uint32, .float: 4
        }
    }
}

/// How many numbers make an element, by glTF's names.
enum ElementShape: String {
    case scalar = "SCALAR"
    case vector2 = "VEC2"
    case vector3 = "VEC3"
    case vector4 = "VEC4"
    case matrix2 = "MAT2"
    case matrix3 = "MAT3"
    case matrix4 = "MAT4"

    /// Numbers in an element.
    var componentCount: Int {
        switch self {
        case .scalar: 1
        case .vector2: 2
        case .vector3: 3
        case .vector4, .matrix2: 4
        case .matrix3: 9
        case .matrix4: 16
        }
    }

    /// The shape of `count` numbers that are no matrix by name; matrices where no vector has so many.
    static func holding(_ count: Int) -> ElementShape? {
        switch count {
        case 1: .scalar
        case 2: .vector2
        case 3: .vector3
        case 4: .vector4
        case 9: .matrix3
        case 16: .matrix4
        default: nil
        }
    }

    private var rowCount: Int {
        switch self {
        case .matrix2: 2
        case .matrix3: 3
        case .matrix4: 4
        default: componentCount
        }
    }

    /// Where each number of an element starts; a matrix's columns start at multiples of 4 bytes.
    func offsets(of component: ComponentType) -> [Int] {
        let columnStride = columnStride(of: component)
        return (0..<componentCount).map { $0 / rowCount * columnStride + $0 % rowCount * component.size }
    }

    /// Bytes of an element, the padding of a matrix's columns included.
    func size(of component: ComponentType) -> Int {
        componentCount / rowCount * columnStride(of: component)
    }

    private func columnStride(of component: ComponentType) -> Int {
        let size = rowCount * component.size
        return rowCount == componentCount ? size : (size + 3) & ~3
    }
}
