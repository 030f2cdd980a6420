#ifndef VITRINE_ATTRIBUTES_H
#define VITRINE_ATTRIBUTES_H

// The inner loops over the attributes that LODEngine's quadrics weigh, four to a vector. In Swift the compiler takes
// such vectors apart and puts them together again across lanes, at three times the cost. All that decides anything is in
// LODEngine/Simplify.

typedef float vitrine_lanes __attribute__((ext_vector_type(4)));

/// Four attributes as linear functions of the position: gradients, and values at the origin.
typedef struct {
    vitrine_lanes x, y, z, value;
} vitrine_attributes;

/// A sum of squares of linear functions: the entries xx, xy, xz, yy of the matrix, yz and zz, the linear terms and the
/// constant.
typedef struct {
    vitrine_lanes first, second, linear;
} vitrine_squares;

static inline __attribute__((always_inline)) vitrine_lanes vitrine_lane_sums(vitrine_lanes a, vitrine_lanes b,
                                                                             vitrine_lanes c, vitrine_lanes d) {
    vitrine_lanes ab = __builtin_shufflevector(a, b, 0, 1, 4, 5) + __builtin_shufflevector(a, b, 2, 3, 6, 7);
    vitrine_lanes cd = __builtin_shufflevector(c, d, 0, 1, 4, 5) + __builtin_shufflevector(c, d, 2, 3, 6, 7);
    return __builtin_shufflevector(ab, cd, 0, 2, 4, 6) + __builtin_shufflevector(ab, cd, 1, 3, 5, 7);
}

/// `weight` times the squares of what `two`, told from a place at the offset from its own, differs from `one` in.
static inline __attribute__((always_inline)) vitrine_squares
vitrine_attributes_difference(const vitrine_attributes *one, const vitrine_attributes *two, long count, float ox,
                              float oy, float oz, float weight) {
    vitrine_lanes xx = 0, xy = 0, xz = 0, yy = 0, yz = 0, zz = 0, xv = 0, yv = 0, zv = 0, vv = 0;
    for (long k = 0; k < count; k++) {
        vitrine_lanes x = two[k].x, y = two[k].y, z = two[k].z;
        vitrine_lanes v = two[k].value + x * ox + y * oy + z * oz - one[k].value;
        x -= one[k].x;
        y -= one[k].y;
        z -= one[k].z;
        xx += x * x;
        xy += x * y;
        xz += x * z;
        yy += y * y;
        yz += y * z;
        zz += z * z;
        xv += x * v;
        yv += y * v;
        zv += z * v;
        vv += v * v;
    }
    vitrine_lanes none = 0;
    vitrine_squares sum;
    sum.first = vitrine_lane_sums(xx, xy, xz, yy) * weight;
    sum.second = vitrine_lane_sums(yz, zz, none, none) * weight;
    sum.linear = vitrine_lane_sums(xv, yv, zv, vv) * weight;
    return sum;
}

/// Makes `result` of `one` and, with a weight of `share`, `two`, each told from a place at its offset.
static inline __attribute__((always_inline)) void
vitrine_attributes_blend(vitrine_attributes *result, const vitrine_attributes *one, const vitrine_attributes *two,
                         long count, float ox, float oy, float oz, float px, float py, float pz, float share) {
    for (long k = 0; k < count; k++) {
        vitrine_attributes a = one[k], b = two[k];
        vitrine_lanes av = a.value + a.x * ox + a.y * oy + a.z * oz;
        vitrine_lanes bv = b.value + b.x * px + b.y * py + b.z * pz;
        result[k].x = a.x + (b.x - a.x) * share;
        result[k].y = a.y + (b.y - a.y) * share;
        result[k].z = a.z + (b.z - a.z) * share;
        result[k].value = av + (bv - av) * share;
    }
}

/// Makes `result` of `one`, told from a place at the offset.
static inline __attribute__((always_inline)) void vitrine_attributes_move(vitrine_attributes *result,
                                                                          const vitrine_attributes *one, long count,
                                                                          float ox, float oy, float oz) {
    for (long k = 0; k < count; k++) {
        vitrine_attributes a = one[k];
        a.value += a.x * ox + a.y * oy + a.z * oz;
        result[k] = a;
    }
}

/// Adds the gradients that run through a triangle's three corners, times `share`, to those of each corner.
///
/// A gradient is the sum of two vectors, each times the attribute's step along one side. Returns `share` times the
/// squares, whose linear terms are zero.
static inline __attribute__((always_inline)) vitrine_squares
vitrine_attributes_seed(vitrine_attributes *a, vitrine_attributes *b, vitrine_attributes *c, long count, float ux,
                        float uy, float uz, float vx, float vy, float vz, float share) {
    vitrine_lanes xx = 0, xy = 0, xz = 0, yy = 0, yz = 0, zz = 0, none = 0;
    for (long k = 0; k < count; k++) {
        vitrine_lanes su = b[k].value - a[k].value, sv = c[k].value - a[k].value;
        vitrine_lanes x = su * ux + sv * vx, y = su * uy + sv * vy, z = su * uz + sv * vz;
        xx += x * x;
        xy += x * y;
        xz += x * z;
        yy += y * y;
        yz += y * z;
        zz += z * z;
        x *= share;
        y *= share;
        z *= share;
        a[k].x += x;
        a[k].y += y;
        a[k].z += z;
        b[k].x += x;
        b[k].y += y;
        b[k].z += z;
        c[k].x += x;
        c[k].y += y;
        c[k].z += z;
    }
    vitrine_squares sum;
    sum.first = vitrine_lane_sums(xx, xy, xz, yy) * share;
    sum.second = vitrine_lane_sums(yz, zz, none, none) * share;
    sum.linear = none;
    return sum;
}

/// Divides summed gradients by the area they were summed over, and returns minus that area times their squares.
static inline __attribute__((always_inline)) vitrine_squares vitrine_attributes_settle(vitrine_attributes *a,
                                                                                       long count, float area) {
    vitrine_lanes xx = 0, xy = 0, xz = 0, yy = 0, yz = 0, zz = 0, none = 0;
    float inverse = 1 / area;
    for (long k = 0; k < count; k++) {
        vitrine_lanes x = a[k].x * inverse, y = a[k].y * inverse, z = a[k].z * inverse;
        a[k].x = x;
        a[k].y = y;
        a[k].z = z;
        xx += x * x;
        xy += x * y;
        xz += x * z;
        yy += y * y;
        yz += y * z;
        zz += z * z;
    }
    vitrine_squares sum;
    sum.first = vitrine_lane_sums(xx, xy, xz, yy) * -area;
    sum.second = vitrine_lane_sums(yz, zz, none, none) * -area;
    sum.linear = none;
    return sum;
}

#endif
