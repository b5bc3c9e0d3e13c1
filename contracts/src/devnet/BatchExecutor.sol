// SPDX-License-Identifier: Apache-2.0
pragma solidity ^0.8.28;

import {ECDSA} from "@openzeppelin/contracts/utils/cryptography/ECDSA.sol";
import {IERC1271} from "@openzeppelin/contracts/interfaces/IERC1271.sol";
import {IERC721Receiver} from "@openzeppelin/contracts/token/ERC721/IERC721Receiver.sol";

/// @title What an account runs while the development network lends it code (EIP-7702) for a batch.
/// @notice Only the batch stand-in at 0x805 can make it act, and 0x805 only ever calls back the account that called
///         it. Towards everybody else the account behaves as one without code: any call and any value is accepted.
/// @dev Source: ours; the technique is described in docs/contracts.md. No storage, no constructor: its code is set
///      directly. While it is lent, checks by code size see a contract, hence the two callbacks.
contract BatchExecutor is IERC721Receiver, IERC1271 {
    /// @dev Source: chain specification.
    address private constant BATCH_PRECOMPILE = 0x0000000000000000000000000000000000000805;

    /// @notice Makes one call as the account, for the batch stand-in: input is target (20 bytes), value (32), data.
    ///         The target's answer or revert data goes back unchanged. Anybody else's call is accepted and ignored.
    fallback(bytes calldata input) external payable returns (bytes memory) {
        if (msg.sender != BATCH_PRECOMPILE) return "";
        address target = address(bytes20(input[:20]));
        (bool success, bytes memory answer) = target.call{value: uint256(bytes32(input[20:52]))}(input[52:]);
        if (success) return answer;
        assembly {
            revert(add(answer, 32), mload(answer))
        }
    }

    /// @notice A plain transfer is accepted, as by any account.
    receive() external payable {}

    /// @notice A safe token transfer is accepted, as by any account.
    function onERC721Received(address, address, uint256, bytes calldata) external pure returns (bytes4) {
        return IERC721Receiver.onERC721Received.selector;
    }

    /// @notice The account's own key signs for it, as without code. Source: EIP-1271.
    function isValidSignature(bytes32 hash, bytes calldata signature) external view returns (bytes4) {
        (address signer, ECDSA.RecoverError problem,) = ECDSA.tryRecover(hash, signature);
        bool own = problem == ECDSA.RecoverError.NoError && signer == address(this);
        return own ? IERC1271.isValidSignature.selector : bytes4(0xffffffff);
    }
}
