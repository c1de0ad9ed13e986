"""The shaders of the street, in GLSL: one pass for places (shadows, coverage), one for colours.

The work of a fragment is kept small: patterns are one look into a small texture (see
`pattern_tiles.py`), a shadow is one filtered comparison, lamps are few. Everything is linear until
the tone curve at the end.
"""

LAMPS_AT_MOST = 4

_HEAD = "#version 330 core\n"

PLACES_VERTEX = (
    _HEAD
    + """
uniform mat4 u_matrix;
in vec3 in_place;
void main() { gl_Position = u_matrix * vec4(in_place, 1.0); }
"""
)

PLACES_FRAGMENT = (
    _HEAD
    + """
out vec4 out_mark;
void main() { out_mark = vec4(1.0); }
"""
)

COLOUR_VERTEX = (
    _HEAD
    + """
uniform mat4 u_camera;
in vec3 in_place;
in vec4 in_normal;
in vec2 in_across_up;
in vec4 in_tint;
in uvec2 in_material_owner;
out vec3 v_place;
out vec3 v_normal;
out vec2 v_across_up;
out vec3 v_tint;
flat out uvec2 v_material_owner;
void main() {
    v_place = in_place;
    v_normal = in_normal.xyz * 255.0 - 128.0;
    v_across_up = in_across_up;
    v_tint = in_tint.rgb;
    v_material_owner = in_material_owner;
    gl_Position = u_camera * vec4(in_place, 1.0);
}
"""
)

COLOUR_FRAGMENT = (
    _HEAD
    + f"const int LAMPS = {LAMPS_AT_MOST};\n"
    + """
uniform sampler2DArray u_patterns;
uniform sampler2DShadow u_shadows;
uniform sampler2D u_materials;
uniform mat4 u_light;
uniform vec3 u_eye;
uniform vec3 u_to_sun;
uniform vec3 u_sun;
uniform vec3 u_sky;
uniform vec3 u_ground;
uniform int u_lamps;
uniform vec3 u_lamp_place[LAMPS];
uniform vec4 u_lamp_colour[LAMPS];  // w: one over the squared reach
uniform vec4 u_fog;                 // w: density in a metre
uniform vec3 u_gain;                // exposure times white balance
uniform float u_toe;
uniform float u_glow;
uniform float u_infrared;
in vec3 v_place;
in vec3 v_normal;
in vec2 v_across_up;
in vec3 v_tint;
flat in uvec2 v_material_owner;
out vec4 out_colour;
void main() {
    vec3 normal = normalize(gl_FrontFacing ? v_normal : -v_normal);
    int row = int(v_material_owner.x);
    vec4 colour = texelFetch(u_materials, ivec2(0, row), 0);  // w: pattern
    vec4 second = texelFetch(u_materials, ivec2(1, row), 0);  // w: tiles in a metre
    vec3 finish = texelFetch(u_materials, ivec2(2, row), 0).rgb;  // gloss, glow, infrared
    // Share of `second`, and a shade around 0.5.
    vec2 drawn = texture(u_patterns, vec3(v_across_up * second.a, colour.a)).rg;
    vec3 own = mix(colour.rgb, second.rgb, drawn.r) * v_tint * (drawn.g * 4.0);
    float grey = finish.b * (0.55 + 0.9 * drawn.g) * v_tint.g * 2.0 * (0.85 + 0.15 * own.g);
    own = mix(own, vec3(grey), u_infrared);
    vec3 to_eye = u_eye - v_place;
    float away = length(to_eye);
    to_eye /= away;
    // Looked up a little off the surface, so that it does not shade itself.
    vec3 off = (u_light * vec4(v_place + (normal + u_to_sun) * 0.03, 1.0)).xyz * 0.5 + 0.5;
    float lit = texture(u_shadows, vec3(off.xy, min(off.z, 1.0)));
    vec3 light = u_sun * (max(dot(normal, u_to_sun), 0.0) * lit);
    light += mix(u_ground, u_sky, normal.z * 0.5 + 0.5);
    float shine = max(dot(normal, normalize(to_eye + u_to_sun)), 0.0);
    shine *= shine; shine *= shine; shine *= shine; shine *= shine;
    float edge = 1.0 - max(dot(normal, to_eye), 0.0);  // glass and floors mirror the sky there
    vec3 gloss = finish.r * (u_sun * (shine * lit * 0.6) + u_sky * (0.5 * edge * edge * edge));
    for (int i = 0; i < u_lamps; i++) {
        vec3 to_lamp = u_lamp_place[i] - v_place;
        float squared = dot(to_lamp, to_lamp);
        float faced = max(dot(normal, to_lamp) * inversesqrt(squared) * 0.85 + 0.15, 0.0);
        light += u_lamp_colour[i].rgb * (faced / (1.0 + squared * u_lamp_colour[i].w));
    }
    vec3 seen = own * light + gloss + own * (finish.g * u_glow);
    seen = mix(u_fog.rgb, seen, exp2(-u_fog.w * away));
    seen *= u_gain;
    // A film's shoulder, then a gamma of 2, which is cheap.
    seen = seen * (1.5 + seen * 0.4) / (1.0 + seen * 1.1);
    seen = sqrt(max(seen - u_toe, 0.0));
    out_colour = vec4(seen, float(v_material_owner.y) / 255.0);
}
"""
)
